"""Task 8, Track progress and errors, the Job creator: how to follow many jobs at once."""

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


def on_progress(job, percent):
    if (job.id, percent) not in printed:  # a retried job reports the same percentages again
        printed.add((job.id, percent))
        print(f"Notification job {job.id} {percent}% complete")


def on_result(job, fields):
    """Print how the job ended. RQ keeps an error as a traceback; its last line is `Type: text`."""
    result = rq.results.Result.restore(job.id, "0-0", fields, client, "json")
    if result.type == result.Type.SUCCESSFUL:
        print(f"Notification job {job.id} completed")
    else:
        line = result.exc_string.splitlines()[-1]
        print(f"Notification job {job.id} failed: {line.partition(': ')[2] or line}")


def follow():
    """Call the two functions above as things happen, until each job has ended."""
    while waiting:
        replies = client.xread(last_ids, block=2000)
        for stream, entries in replies:
            for last_ids[stream], fields in entries:  # notes the id: the next xread goes on there
                if b"percent" in fields:
                    on_progress(streams[stream], int(fields[b"percent"]))
                elif streams[stream] in waiting:
                    waiting.remove(streams[stream])
                    on_result(streams[stream], fields)
        if not replies:
            for job in waiting:
                job.refresh()  # raises if Redis has lost the job


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2)  # Redis 5 has no 3
# Three attempts: the first, and two more, 0.4 and 0.8 seconds later.
retry = redis.retry.Retry(redis.backoff.ExponentialBackoff(1, 0.2), 2, (redis.RedisError,))
try:
    retry.call_with_retry(client.ping, on_error)
except redis.RedisError:
    sys.exit(1)

queue = rq.Queue("push_notification_code_2", connection=client, serializer="json")

waiting, printed = [], set()
streams = {}  # two of each job, in this order in a reply: its progress (ours), its results (RQ's)
for job_data in jobs:
    job_id = str(client.incr("rq:ids"))  # Kue counts all jobs; RQ would take a random id
    job = queue.enqueue("7_job_processor.process", job_data, job_id=job_id, retry=rq.Retry(max=2))
    print(f"Notification job created: {job.id}")
    waiting.append(job)
    streams |= {f"{job.key}:progress".encode(): job, f"rq:results:{job.id}".encode(): job}

last_ids = dict.fromkeys(streams, "0")  # from the beginning of each
retry = redis.retry.Retry(redis.backoff.ConstantBackoff(1), -1)  # for ever, if Redis is away
retry.call_with_retry(follow, on_error)
