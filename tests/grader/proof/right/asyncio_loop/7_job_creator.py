import asyncio
import json
import os

from redis import asyncio as aioredis

QUEUE = "push_notification_code_2"
NUMBERS = [
    ("4153518780", "1234"),
    ("4153518781", "4562"),
    ("4153518743", "4321"),
    ("4153538781", "4562"),
    ("4153118782", "4321"),
    ("4153718781", "4562"),
    ("4159518782", "4321"),
    ("4158718781", "4562"),
    ("4153818782", "4321"),
    ("4154318781", "4562"),
    ("4151218782", "4321"),
]


async def follow(redis, job_id):
    last = "0"
    while True:
        for _, entries in await redis.xread({f"{QUEUE}:job:{job_id}": last}, block=1000):
            for last, event in entries:
                if "progress" in event:
                    print(f"Notification job {job_id} {event['progress']}% complete", flush=True)
                elif "error" in event:
                    print(f"Notification job {job_id} failed: {event['error']}", flush=True)
                    return
                else:
                    print(f"Notification job {job_id} completed", flush=True)
                    return


async def main():
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    redis = aioredis.from_url(url, decode_responses=True)
    jobs = [
        {"phoneNumber": number, "message": f"This is the code {code} to verify your account"}
        for number, code in NUMBERS
    ]
    ids = []
    for job in jobs:
        job_id = await redis.incr("push:ids")
        await redis.lpush(QUEUE, json.dumps({"id": job_id, "data": job}))
        print(f"Notification job created: {job_id}", flush=True)
        ids.append(job_id)
    await asyncio.gather(*(follow(redis, job_id) for job_id in ids))
    await redis.aclose()


asyncio.run(main())
