"""Task 6 of the course: put a job on a queue, and report when it is done."""

import os
import signal
import sys
from time import sleep

import redis
import rq
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq.exceptions import NoSuchJobError

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script without a traceback
# No connect() here, because Kue prints nothing about the connection. No decode_responses either:
# RQ needs bytes.
url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
client = redis.from_url(url, protocol=2)
try:
    client.ping()
except redis.RedisError as error:
    # With a text, sys.exit prints it on stderr and ends the script with status 1.
    sys.exit(f"Redis client not connected to the server: {error}")
# From now on, if a command cannot reach Redis, try it again every second, up to 30 times.
client.set_retry(Retry(ConstantBackoff(1), 30))

# serializer="json": by default RQ stores jobs as pickles, and reading a pickle can run any code.
queue = rq.Queue("push_notification_code", connection=client, serializer="json")

job_data = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}

job = queue.enqueue(
    "6_job_processor.process",  # the function that the worker shall call, by name
    job_data,  # its argument
    job_id=str(client.incr("rq:ids")),  # 1, 2, 3, ... as in Kue; RQ's own ids are random
    # Seconds. A job that runs longer fails. A processor waits up to 30 s for a Redis that is away,
    # and that must not make its job fail.
    job_timeout=40,
    # If the worker is killed, another one runs the job again, at most twice. RQ calls a worker dead
    # 60 s after the job_timeout, and then puts its job at the front of the queue.
    retry=rq.Retry(max=2, enqueue_at_front=True),
    failure_ttl=7 * 24 * 3600,  # seconds: Redis keeps a failed job, and its error, for a week
)
print(f"Notification job created: {job.id}", flush=True)

try:
    while job.get_status(refresh=False) in ("queued", "started"):
        sleep(0.05)  # RQ sends no events as Kue does, so ask 20 times a second
        job.refresh()  # read the job from Redis again
except NoSuchJobError:
    sys.exit(f"No longer in Redis: job {job.id}")
succeeded = job.get_status(refresh=False) == "finished"
print(f"Notification job {'completed' if succeeded else 'failed'}", flush=True)
