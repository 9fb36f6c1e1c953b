"""0x03, task 6: Create the Job creator.

Teaches to put a job on a queue with RQ, and to learn how it ended: RQ writes that to a stream of the job's, which
`Job.latest_result` waits for. Prints `Notification job created: ` and the job's id, then, once a processor has seen to
it, `Notification job completed` or `Notification job failed`. Connection lines go to stderr.
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


def outcome(job):
    """Wait for the job to end and return its rq.results.Result, or None if Redis has lost the job meanwhile."""
    while True:
        try:
            result = job.latest_result(timeout=2)
            if result or client.hget(job.key, "created_at") != utcformat(job.created_at).encode():
                return result
        except (ConnectionError, TimeoutError):
            connect(client.ping, attempts=math.inf, console=sys.stderr)


client = create_client()
connect(client.ping, console=sys.stderr)
queue = rq.Queue("push_notification_code", connection=client, serializer="json")
queue.redis_server_version = (5, 0, 7)  # the least that will do; RQ need not ask

job_data = {
    "phoneNumber": "4153518780",
    "message": "This is the code to verify your account",
}

job_id = str(client.incr("rq:ids"))
retry = rq.Retry(max=2)  # for a worker that dies; an error of the job's own is final
job = queue.enqueue("6_job_processor.process", job_data, job_id=job_id, retry=retry)
print(f"Notification job created: {job.id}")

result = outcome(job)
if result and result.type == result.Type.SUCCESSFUL:
    print("Notification job completed")
else:
    print("Notification job failed")
    print(result.exc_string.splitlines()[-1] if result else "The job is gone from Redis.", file=sys.stderr)
