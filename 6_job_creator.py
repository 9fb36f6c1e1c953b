"""Task 6, Create the Job creator: how to put a job on a queue, and wait for its end."""

import errno
import os
import re
import signal
import sys

import redis
import rq

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script; an error, too: with one line
sys.excepthook = lambda kind, error, traceback: print(error, file=sys.stderr) or os._exit(1)
sys.stdout.reconfigure(errors="replace", line_buffering=True)  # any text, each line at once


def on_error(error):
    """Print why an attempt to connect failed, worded as node_redis does."""
    if found := re.match(r"Error (\d+) connecting to (.+)\. \w", str(error)):
        code, address = errno.errorcode[int(found[1])], found[2]
        error = f"Redis connection to {address} failed - connect {code} {address}"
    print(f"Redis client not connected to the server: Error: {error}", file=sys.stderr)


def wait_for_result():
    """Wait for the job's end and return its rq.results.Result. Raises if Redis has lost the job."""
    while not (result := job.latest_result(timeout=2)):
        job.refresh()
    return result


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2)  # Redis 5 has no 3
# Three attempts: the first, and two more, 0.4 and 0.8 seconds later.
retry = redis.retry.Retry(redis.backoff.ExponentialBackoff(1, 0.2), 2, (redis.RedisError,))
try:
    retry.call_with_retry(client.ping, on_error)
except redis.RedisError:
    sys.exit(1)

queue = rq.Queue("push_notification_code", connection=client, serializer="json")

job_data = {
    "phoneNumber": "4153518780",
    "message": "This is the code to verify your account",
}

job_id = str(client.incr("rq:ids"))  # Kue counts all jobs; RQ would take a random id
job = queue.enqueue(
    "6_job_processor.process",  # a label that the processor expects: no such function exists
    job_data,
    job_id=job_id,
    retry=rq.Retry(max=2),  # if its worker dies; an error in the job is final
)
print(f"Notification job created: {job.id}")

retry = redis.retry.Retry(redis.backoff.ConstantBackoff(1), -1)  # for ever, if Redis is away
result = retry.call_with_retry(wait_for_result, on_error)
print(f"Notification job {'completed' if result.type == result.Type.SUCCESSFUL else 'failed'}")
