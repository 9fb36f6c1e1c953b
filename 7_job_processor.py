"""Task 9, Track progress and errors, the Job processor: how to do two jobs at the same time."""

import errno
import os
import re
import signal
import sys
from multiprocessing import parent_process
from threading import Thread

import redis
import rq
from rq.worker_pool import WorkerPool

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script; an error, too: with one line
sys.excepthook = lambda kind, error, traceback: print(error, file=sys.stderr) or os._exit(1)
sys.stdout.reconfigure(errors="replace", line_buffering=True)  # any text, each line at once


def on_error(error):
    """Print why an attempt to connect failed, worded as node_redis does."""
    if found := re.match(r"Error (\d+) connecting to (.+)\. \w", str(error)):
        code, address = errno.errorcode[int(found[1])], found[2]
        error = f"Redis connection to {address} failed - connect {code} {address}"
    print(f"Redis client not connected to the server: Error: {error}", file=sys.stderr)


blacklisted_numbers = ["4153518780", "4153518781"]


def send_notification(phone_number, message, job, done):
    job.progress(0, 100)
    if phone_number in blacklisted_numbers:
        return done(Exception(f"Phone number {phone_number} is blacklisted"))
    job.progress(50, 100)
    print(f"Sending notification to {phone_number}, with message: {message}")
    done()


def done(error=None):
    """End the job: a job that raises an error has failed, one that returns is complete."""
    if error:
        raise error


class NotificationJob(rq.job.Job):
    """A job that sends a notification, and does nothing else, whatever Redis says of it."""

    def progress(self, completed, total):
        """Tell the creator how far the job is, in a stream, since RQ has no progress events."""
        key, entry = f"{self.key}:progress", {"percent": completed * 100 // total}
        self.connection.pipeline().xadd(key, entry).expire(key, 3600).execute()

    def restore(self, raw_data):
        """Read the job from Redis, without the functions that RQ would call when it has ended."""
        fields = b"data", b"origin", b"status", b"created_at", b"retries_left"
        try:
            super().restore({field: raw_data[field] for field in fields if field in raw_data})
        except ValueError as error:
            raise rq.exceptions.NoSuchJobError from error  # so RQ skips it
        self.timeout = 10  # seconds, and one minute later RQ takes the worker for dead

    def perform(self):
        """Do the job. RQ itself would import and call whatever function the job names."""
        match self.func_name, self.args:
            case "7_job_processor.process", [{"phoneNumber": str(number), "message": str(message)}]:
                return send_notification(number, message, self, done)
        raise ValueError("it does not ask for a notification")


def on_exception(job, kind, error, traceback):
    """Decide what becomes of a job that failed: RQ does it again if it has retries left."""
    if kind is BrokenPipeError:  # nobody reads stdout: leave the job to another processor
        os.kill(os.getppid(), signal.SIGTERM)
    elif kind is not rq.exceptions.AbandonedJobError:  # unless its worker died: no second try
        job.retries_left = 0
        if kind is not Exception:  # a plain Exception came by done: its creator prints it
            print(f"Job {job.id} failed: {str(error) or kind.__name__}", file=sys.stderr)


class NotificationWorker(rq.SimpleWorker):
    """A worker with our options: a pool can pass on only some of them."""

    def __init__(self, queues, **options):
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # not the pool's, until RQ sets the worker's
        options |= {"serializer": "json", "job_class": NotificationJob}
        options |= {"exception_handlers": [on_exception], "log_job_description": False}
        options |= {"worker_ttl": 18, "maintenance_interval": 5}  # to find a dead worker's jobs
        super().__init__(["push_notification_code_2"], **options)  # the pool's queues read pickle
        # Of RQ's log, drop all but a worker's own error: print that, and end with status 1.
        self.log.addFilter(lambda record: record.exc_info and sys.excepthook(*record.exc_info))

    def work(self, **options):
        """Work until told to stop, or the pool has died. Its options would add a scheduler."""
        Thread(target=lambda: (parent_process().join(), os._exit(1)), daemon=True).start()
        try:
            super().work(logging_level="ERROR")
        except redis.RedisError as error:
            sys.exit(str(error))  # multiprocessing ignores sys.excepthook

    def handle_warm_shutdown_request(self):  # at ^C, wait for no server
        self.connection.set_retry(redis.retry.Retry(redis.backoff.NoBackoff(), 0))


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2)  # Redis 5 has no 3
retry = redis.retry.Retry(redis.backoff.ConstantBackoff(1), -1, (redis.RedisError,))  # -1: for ever
retry.call_with_retry(client.ping, on_error)
client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), -1))  # so each command, too
WorkerPool(["push_notification_code_2"], client, 2, NotificationWorker).start(logging_level="ERROR")
