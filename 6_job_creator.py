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
    # Given a string, sys.exit prints it on stderr and exits with status 1.
    sys.exit(f"Redis client not connected to the server: {error}")
# From now on, redis-py repeats a command that cannot reach Redis: 30 times at most, 1 s apart.
client.set_retry(Retry(ConstantBackoff(1), 30))

# serializer="json": by default RQ stores jobs as pickles, and reading a pickle can run any code.
queue = rq.Queue("push_notification_code", connection=client, serializer="json")

job_data = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}

job = queue.enqueue(
    "6_job_processor.process",  # the function that does the job, as module.function
    job_data,  # its argument
    job_id=str(client.incr("rq:ids")),  # 1, 2, 3, ... as in Kue; RQ's own ids are random
    # In seconds. A job that runs longer fails. This must be more than the 30 s for which a job may
    # wait for Redis (task 9's jobs use it), but not much more: see the next line.
    job_timeout=40,
    # If a worker is killed, run its job again, twice at most. RQ assumes that the worker is dead if
    # the job has not ended 60 s after its job_timeout: 100 s after it started.
    retry=rq.Retry(max=2, enqueue_at_front=True),
    # In seconds: a week. By default, the error of a failed job stays in Redis for ever.
    failure_ttl=7 * 24 * 3600,
)
print(f"Notification job created: {job.id}", flush=True)

status = "queued"
try:
    while status in ("queued", "started"):
        sleep(0.05)  # RQ sends no events as Kue does, so ask 20 times a second
        job.refresh()  # read the job from Redis again
        status = job.get_status(refresh=False)  # what refresh() has just read
except NoSuchJobError:  # somebody has deleted the job, or emptied Redis
    sys.exit(f"No longer in Redis: job {job.id}")
print(f"Notification job {'completed' if status == 'finished' else 'failed'}", flush=True)
