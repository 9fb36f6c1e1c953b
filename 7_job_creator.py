"""Task 8, Track progress and errors, the Job creator: how to follow many jobs at once."""

import os
import signal
import sys
from time import sleep

import redis
import rq

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script, without Python's traceback

client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
try:
    client.ping()
except redis.RedisError as error:
    sys.exit(f"Redis client not connected to the server: {error}")
client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # tries for 30 s

jobs = [
    {"phoneNumber": "4153518780", "message": "This is the code 1234 to verify your account"},
    {"phoneNumber": "4153518781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153518743", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4153538781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153118782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4153718781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4159518782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4158718781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153818782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4154318781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4151218782", "message": "This is the code 4321 to verify your account"},
]

queue = rq.Queue("push_notification_code_2", connection=client, serializer="json")


def follow(job):
    """Print what is new of the job; return whether more will come. RQ keeps meta in Redis."""
    printed = len(job.meta.get("progress", []))  # job.meta is as the last refresh left it
    job.refresh()
    for percent in job.meta.get("progress", [])[printed:]:
        print(f"Notification job {job.id} {percent}% complete", flush=True)
    status = job.get_status(refresh=False)  # refresh read it, too, at the same moment
    if status == "finished":
        print(f"Notification job {job.id} completed", flush=True)
    elif status not in ("queued", "started"):
        result = job.latest_result()  # with a traceback, whose last line is "Type: reason"
        line = result.exc_string.splitlines()[-1] if result else status.value
        print(f"Notification job {job.id} failed: {line.partition(': ')[2] or line}", flush=True)
    return status in ("queued", "started")


waiting = []
for job_data in jobs:
    job_id = str(client.incr("rq:ids"))
    options = {"job_timeout": 10, "retry": rq.Retry(max=2, enqueue_at_front=True)}
    job = queue.enqueue("7_job_processor.process", job_data, job_id=job_id, **options)
    print(f"Notification job created: {job.id}", flush=True)
    waiting.append(job)

try:
    while waiting:
        sleep(0.05)
        waiting = [job for job in waiting if follow(job)]
except rq.exceptions.NoSuchJobError as error:
    sys.exit(error)
