"""Task 7, Create the Job processor: how to do the jobs of a queue, one after the other."""

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


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}")


class NotificationJob(rq.job.Job):
    """A job that sends a notification, and does nothing else, whatever Redis says of it."""

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
            case "6_job_processor.process", [{"phoneNumber": str(number), "message": str(message)}]:
                return send_notification(number, message)
        raise ValueError("it does not ask for a notification")


def on_exception(job, kind, error, traceback):
    """Decide what becomes of a job that failed: RQ does it again if it has retries left."""
    if kind is BrokenPipeError:  # nobody reads stdout: leave the job to another processor
        os._exit(1)
    elif kind is not rq.exceptions.AbandonedJobError:  # unless its worker died: no second try
        job.retries_left = 0
        print(f"Job {job.id} failed: {str(error) or kind.__name__}", file=sys.stderr)


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2)  # Redis 5 has no 3
retry = redis.retry.Retry(redis.backoff.ConstantBackoff(1), -1, (redis.RedisError,))  # -1: for ever
retry.call_with_retry(client.ping, on_error)
client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), -1))  # so each command, too

worker = rq.SimpleWorker(
    ["push_notification_code"],
    connection=client,
    serializer="json",  # and not pickle, which can run anything while it is read
    job_class=NotificationJob,
    exception_handlers=[on_exception],
    worker_ttl=18,  # RQ takes off 15: each wait for a job lasts 3 s, then comes the next line
    maintenance_interval=5,  # at least 5 s between two looks for the jobs of dead workers
    log_job_description=False,
)
# Of RQ's log, drop all but a worker's own error: print that, and end with status 1.
worker.log.addFilter(lambda record: record.exc_info and sys.excepthook(*record.exc_info))
once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
worker.handle_warm_shutdown_request = lambda: client.set_retry(once)  # at ^C, wait for no server
worker.work(logging_level="ERROR")
