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
# If Redis is down for a while, do not give up at once: from now on, redis-py tries each command
# again every second, at most 30 times. (Until here, a failure had to be reported at once.)
client.set_retry(Retry(ConstantBackoff(1), 30))

# serializer="json": by default RQ stores jobs as pickles, and reading a pickle can run any code.
queue = rq.Queue("push_notification_code", connection=client, serializer="json")

job_data = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}

job = queue.enqueue(
    # The function to call, by name, since it is in another program. (Ours always calls process(),
    # whatever the name is.)
    "6_job_processor.process",
    job_data,  # its argument
    job_id=str(client.incr("rq:ids")),  # 1, 2, 3, ... as in Kue; RQ's own ids are random
    # In seconds: a job that runs longer fails. It must be more than the 30 s for which a job of
    # 7_job_processor.py may have to wait for Redis. But if a worker is killed, RQ does not notice
    # until 60 s after this time, so it should not be much more.
    job_timeout=40,
    # When RQ notices that, it runs the job again, at most twice, before all others in the queue.
    # (It would do so for a job that failed, too. The processors prevent that.)
    retry=rq.Retry(max=2, enqueue_at_front=True),
    # In seconds: a week. Without it, RQ never deletes the error of a failed job.
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
