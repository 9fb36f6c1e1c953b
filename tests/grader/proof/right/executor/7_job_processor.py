import json
import os
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

import redis

client = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
free = BoundedSemaphore(2)


def send_notification(phone_number, message, job, done):
    client.rpush(job, "0% complete")
    if phone_number in {"4153518780", "4153518781"}:
        done(f"failed: Phone number {phone_number} is blacklisted")
        return
    client.rpush(job, "50% complete")
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)
    done("completed")


def run(job):
    updates = f"updates:{job['id']}"
    try:
        send_notification(
            job["phoneNumber"], job["message"], updates, lambda how: client.rpush(updates, how)
        )
    finally:
        free.release()


with ThreadPoolExecutor(2) as pool:
    while True:
        free.acquire()
        popped = None
        while popped is None:
            popped = client.bzpopmin("push_notification_code_2", 3)
        pool.submit(run, json.loads(popped[1]))
