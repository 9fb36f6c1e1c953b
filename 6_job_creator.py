"""Task 6, Create the Job creator: how to put a job on a queue, and wait for its end."""

import os
import signal
import sys

import redis
import rq

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script, without Python's traceback

# Kue prints no "connected", so no connect() here. No decode_responses: RQ decodes by itself.
client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
try:
    client.ping()
except redis.RedisError as error:
    sys.exit(f"Redis client not connected to the server: {error}")
client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # tries for 30 s

queue = rq.Queue("push_notification_code", connection=client, serializer="json")  # see the worker

job_data = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}

job = queue.enqueue(
    "6_job_processor.process",  # stock RQ imports and calls this; our processor calls only process
    job_data,
    job_id=str(client.incr("rq:ids")),  # our own count: 1, 2, 3 as in Kue; RQ's ids are random
    job_timeout=10,  # seconds that the work may take; then the job fails
    retry=rq.Retry(max=2, enqueue_at_front=True),  # 2 more tries; on_exception says when
)
print(f"Notification job created: {job.id}", flush=True)

try:
    while job.get_status() in ("queued", "started"):
        job.latest_result(timeout=1)  # only to wait: there is one when the job ends; 1 s at most
    print(f"Notification job {'completed' if job.is_finished else 'failed'}", flush=True)
except rq.exceptions.InvalidJobOperation:
    sys.exit(f"No such job in Redis any more: {job.id}")
