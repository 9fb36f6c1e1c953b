import asyncio
import json
import os

from redis import asyncio as aioredis

QUEUE = "push_notification_code_2"
BLACKLIST = {"4153518780", "4153518781"}


class Failure(Exception):
    pass


async def send_notification(phone_number, message, progress):
    await progress(0)
    if phone_number in BLACKLIST:
        raise Failure(f"Phone number {phone_number} is blacklisted")
    await progress(50)
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


async def consume(redis):
    while True:
        popped = await redis.brpop([QUEUE], timeout=2)
        if popped is None:
            continue
        job = json.loads(popped[1])
        events = f"{QUEUE}:job:{job['id']}"

        async def progress(percent, events=events):
            await redis.xadd(events, {"progress": percent})

        try:
            await send_notification(job["data"]["phoneNumber"], job["data"]["message"], progress)
            await redis.xadd(events, {"state": "complete"})
        except Failure as failure:
            await redis.xadd(events, {"error": str(failure)})


async def main():
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    redis = aioredis.from_url(url, decode_responses=True)
    await asyncio.gather(consume(redis), consume(redis))


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
