"""A pool of two threads works; only the main thread and one reporter talk to Redis."""

import json
import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import redis

url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
BLACKLIST = ("4153518780", "4153518781")
events = queue.Queue()
free = threading.Semaphore(2)


def reporter():
    r = redis.Redis.from_url(url)
    while True:
        r.publish("events:push_notification_code_2", json.dumps(events.get()))


def report(job, type, value=None):
    events.put({"id": job["id"], "type": type, "value": value})


def sendNotification(phoneNumber, message, job, done):
    report(job, "progress", 0)
    if phoneNumber in BLACKLIST:
        done(ValueError(f"Phone number {phoneNumber} is blacklisted"))
        return
    report(job, "progress", 50)
    print(f"Sending notification to {phoneNumber}, with message: {message}\n", end="", flush=True)
    done()


def process(job):
    def done(error=None):
        report(job, "failed", str(error)) if error else report(job, "complete")

    try:
        sendNotification(**job["data"], job=job, done=done)
    finally:
        free.release()


threading.Thread(target=reporter, daemon=True).start()
r = redis.Redis.from_url(url, socket_timeout=None)
pool = ThreadPoolExecutor(2)
try:
    while True:
        free.acquire()
        pool.submit(process, json.loads(r.brpop("queue:push_notification_code_2")[1]))
except KeyboardInterrupt:
    os._exit(0)
