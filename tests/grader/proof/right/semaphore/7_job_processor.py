import asyncio
import json
import os
import signal

import redis.asyncio

blacklisted = ("4153518780", "4153518781")


async def send_notification(client, job):
    async def tell(text):
        await client.publish(f"notification:{job['job']}", text)

    phone_number, message = job["phoneNumber"], job["message"]
    await tell("0% complete")
    if phone_number in blacklisted:
        await tell(f"failed: Phone number {phone_number} is blacklisted")
        return
    await tell("50% complete")
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)
    await tell("completed")


async def main():
    client = redis.asyncio.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    two, tasks = asyncio.Semaphore(2), set()

    def ended(task):
        tasks.discard(task)
        two.release()

    while True:
        await two.acquire()
        while not (popped := await client.brpop(["push_notification_code_2"], timeout=1)):
            pass
        task = asyncio.create_task(send_notification(client, json.loads(popped[1])))
        tasks.add(task)
        task.add_done_callback(ended)


signal.signal(signal.SIGINT, signal.SIG_DFL)
asyncio.run(main())
