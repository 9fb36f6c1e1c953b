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
# This script may run for a long time, and Redis may restart meanwhile. From now on, if Redis cannot
# be reached, redis-py tries a command again every second, up to 30 times. Until here, it gives up
# at the first error, so that we can report the error at once.
client.set_retry(Retry(ConstantBackoff(1), 30))

# serializer="json": by default RQ stores jobs with Python's pickle module. To read pickled data can
# run any code that somebody has hidden in it.
queue = rq.Queue("push_notification_code", connection=client, serializer="json")

job_data = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}

job = queue.enqueue(
    # The function to call, by name, since it is in another program. (Our 6_job_processor.py always
    # calls its process(), whatever name is given here.)
    "6_job_processor.process",
    job_data,  # its argument
    job_id=str(client.incr("rq:ids")),  # 1, 2, 3, ... as in Kue; RQ's own ids are random
    # A job that runs for more than 40 s fails. Allow more than 30 s, because a job that uses Redis
    # may have to wait that long for it (see set_retry above).
    job_timeout=40,
    # If a worker is killed, another one notices it 100 s after the job began (RQ adds 60 s to the
    # job_timeout). It runs the job again, at most twice, and before the jobs that came later. (RQ
    # would do so even if the job had failed. Our processors prevent that.)
    retry=rq.Retry(max=2, enqueue_at_front=True),
    # Keep a failed job, and its error, for a week (in seconds). By default, RQ keeps the job for a
    # year and the error for ever.
    failure_ttl=7 * 24 * 3600,
)
print(f"Notification job created: {job.id}", flush=True)

status = "queued"
try:
    while status in ("queued", "started"):
        sleep(0.08)  # unlike Kue, RQ sends no events, so ask 12 times a second
        job.refresh()  # read the job from Redis again
        status = job.get_status(refresh=False)  # what refresh() has just read
except NoSuchJobError:  # somebody has deleted the job, or emptied Redis
    sys.exit(f"No longer in Redis: job {job.id}")
print(f"Notification job {'completed' if status == 'finished' else 'failed'}", flush=True)
