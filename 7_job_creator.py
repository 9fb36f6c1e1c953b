"""0x03, task 8: Track progress and errors with Kue: Create the Job creator.

Teaches to follow many jobs at once: each has a stream of its progress, which `7_job_processor.py` writes, and a stream
of its results, which RQ writes; one blocking XREAD waits for all of them. Prints a line for each job created, then the
progress, completion or failure of each as it happens. Connection lines go to stderr.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # first of all, so that ^C leaves no traceback even while modules load

import errno
import math
import os
import re
import socket
import ssl
import sys
import time

import rq
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from redis.retry import Retry
from rq.results import Result
from rq.utils import utcformat


def end(kind, error, traceback):
    """End the script (sys.excepthook calls this) with one sentence on stderr, or none if stdout's reader has left."""
    if kind is not BrokenPipeError:
        print(f"{kind.__name__}: {error}", file=sys.stderr)
    os._exit(1)  # not sys.exit, which would write to the broken pipe once more


sys.excepthook = end
sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True, write_through=False)


def create_client(**options):
    """Return a client for the server at REDIS_URL, not connected yet; exit with status 2 if that is no such URL."""
    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
    try:
        client = Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), **options)
        client.connection_pool.make_connection()  # refuses an option that redis-py does not know
        if re.match(r"unix:|rediss?://[^/?]*(/\d*)?(\?|$)", url):  # redis-py takes any other database for number 0
            return client
    except (TypeError, ValueError):
        pass
    print("REDIS_URL is malformed: write redis://user:pass@host:port/db, rediss://... or unix://...", file=sys.stderr)
    sys.exit(2)


def connect(do, attempts=3, console=sys.stdout):
    """Return what do() returns once it gets through to the server; exit with status 1 if no attempt did.

    Prints a line on `console` for each attempt that failed, after which it waits longer (two seconds at the most).
    """
    pause = 0.2
    while True:
        try:
            result = do()
            print("Redis client connected to the server", file=console)
            return result
        except RedisError as error:
            print(f"Redis client not connected to the server: Error: {reason(error)}", file=console)
        attempts -= 1
        if attempts == 0:
            sys.exit(1)
        time.sleep(pause)
        pause = min(2, pause * 2)


def reason(error):
    """Return why an attempt failed, in node_redis's words where the operating system gave an errno."""
    cause, target = error.__context__, client.get_connection_kwargs()
    if isinstance(cause, OSError) and not isinstance(cause, (socket.gaierror, ssl.SSLError)) and cause.errno:
        address = target.get("path") or f"{target.get('host', 'localhost')}:{target.get('port', 6379)}"
        return f"Redis connection to {address} failed - connect {errno.errorcode[cause.errno]} {address}"
    return " ".join(str(error).split())


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


def on_complete(job):
    """Print that the job is complete."""
    print(f"Notification job {job.id} completed")


def on_failed(job, error):
    """Print that the job failed, and why: error is one line."""
    print(f"Notification job {job.id} failed: {error}")


def on_progress(job, percent):
    """Print how far the job is, unless it is on its second try and was as far before."""
    if percent > job.meta.get("percent", -1):
        job.meta["percent"] = percent
        print(f"Notification job {job.id} {percent}% complete")


def on_result(job, fields):
    """Tell from the first entry of a job's stream of results how it ended; RQ keeps a traceback there."""
    result = Result.restore(job.id, "0-0", fields, connection=client, serializer="json")
    if result.type == result.Type.SUCCESSFUL:
        on_complete(job)
    else:
        line = result.exc_string.splitlines()[-1]
        on_failed(job, line.partition(": ")[2] or line)


def follow(jobs):
    """Call the functions above as things happen to the jobs, until every one has ended."""
    progress = {f"{job.key}:progress".encode(): job for job in jobs}
    results = {Result.get_key(job.id).encode(): job for job in jobs}
    last_ids = {}
    while results:
        try:
            replies = client.xread({stream: last_ids.get(stream, "0") for stream in progress | results}, block=2000)
            gone = [] if replies else [stream for stream, job in results.items() if is_gone(job)]
        except (ConnectionError, TimeoutError):
            connect(client.ping, attempts=math.inf, console=sys.stderr)
            continue
        for stream, entries in replies:
            for last_ids[stream], fields in entries:
                if stream in progress:
                    on_progress(progress[stream], int(fields[b"percent"]))
                elif stream in results:
                    on_result(results.pop(stream), fields)
        for stream in gone:
            on_failed(results.pop(stream), "it is gone from Redis")


def is_gone(job):
    """Tell whether Redis has lost the job (or has another by its id, of a count that began anew)."""
    return client.hget(job.key, "created_at") != utcformat(job.created_at).encode()


client = create_client()
connect(client.ping, console=sys.stderr)
queue = rq.Queue("push_notification_code_2", connection=client, serializer="json")
queue.redis_server_version = (5, 0, 7)  # the least that will do; RQ need not ask

created = []
for job_data in jobs:
    job_id = str(client.incr("rq:ids"))
    retry = rq.Retry(max=2)  # for a worker that dies; an error of the job's own is final
    job = queue.enqueue("7_job_processor.process", job_data, job_id=job_id, retry=retry)
    print(f"Notification job created: {job.id}")
    created.append(job)

follow(created)
