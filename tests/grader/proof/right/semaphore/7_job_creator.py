import asyncio
import json
import os

import redis.asyncio

JOBS = [
    {"phoneNumber": phone, "message": f"This is the code {code} to verify your account"}
    for phone, code in (
        line.split()
        for line in """4153518780 1234
            4153518781 4562
            4153518743 4321
            4153538781 4562
            4153118782 4321
            4153718781 4562
            4159518782 4321
            4158718781 4562
            4153818782 4321
            4154318781 4562
            4151218782 4321""".splitlines()
    )
]


async def main():
    client = redis.asyncio.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    async with client, client.pubsub(ignore_subscribe_messages=True) as events:
        await events.psubscribe("notification:*")
        while not events.patterns or await events.get_message(timeout=0.2):
            pass
        waiting = set()
        for job in JOBS:
            number = await client.incr("notification")
            waiting.add(str(number))
            print("Notification job created:", number)
            await client.lpush("push_notification_code_2", json.dumps(job | {"job": number}))
            await client.hset("push_notification_code_2:jobs", str(number), json.dumps(job))
        async for event in events.listen():
            number = event["channel"].decode().split(":")[1]
            if number not in waiting:
                continue
            text = event["data"].decode()
            print("Notification job", number, text)
            if not text.endswith("complete"):
                waiting.remove(number)
            if not waiting:
                break


asyncio.run(main())
