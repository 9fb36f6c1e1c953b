"""Task 6, Create the Job creator: how to put a job on a queue, and wait for its end."""

import os
import signal
import sys

import redis
import rq

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script, without Python's traceback

# Kue says nothing of a connection that works. RQ wants bytes from Redis: no decode_responses.
client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
try:
    client.ping()
except redis.RedisError as error:
    sys.exit(f"Redis client not connected to the server: {error}")
client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # if Redis restarts

queue = rq.Queue("push_notification_code", connection=client, serializer="json")

job_data = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}

job = queue.enqueue(
    "6_job_processor.process",  # the function that is to be called, in the processor's file
    job_data,
    job_id=str(client.incr("rq:ids")),  # Kue counts all jobs; RQ would take a random id
    job_timeout=10,  # seconds
    retry=rq.Retry(max=2, enqueue_at_front=True),  # if its worker dies, another one does the job
)
print(f"Notification job created: {job.id}", flush=True)

try:
    while job.get_status() in ("queued", "started"):
        job.latest_result(timeout=1)  # waits for the job's end, but a second at most
    print(f"Notification job {'completed' if job.is_finished else 'failed'}")
except rq.exceptions.InvalidJobOperation:
    sys.exit(f"No such job in Redis any more: {job.id}")
