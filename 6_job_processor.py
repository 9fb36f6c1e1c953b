"""Task 7 of the course: process the jobs of a queue, one after another."""

import os
import signal
import sys

import redis
import rq
from redis.backoff import ConstantBackoff
from redis.retry import Retry

client = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), protocol=2)


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}")


def process(job_data):
    """Do one job. The worker passes in the data that the creator stored with the job."""
    send_notification(job_data["phoneNumber"], job_data["message"])


def main(worker_class=rq.SimpleWorker, **options):
    # A SimpleWorker runs its jobs in its own process, one by one. (rq.Worker starts a process for
    # each job, which is slower.)
    worker = worker_class(
        ["push_notification_code"],
        connection=client,
        serializer="json",  # as in the creator
        **options,
    )
    worker.work(logging_level="ERROR")  # runs until ^C; logs only errors, such as a failed job


# The lesson ends here. What follows lets the worker survive restarts of Redis, has the jobs of
# killed workers done again, and keeps a job from choosing what it calls. (A job that RQ cannot read
# still stops the worker. For the lesson alone, call main() without arguments.)


class NotificationJob(rq.job.Job):
    """A job that always runs process(), as in Kue, where the processor decides what a job does.

    In RQ, a job names the function to call. It can also name callbacks to run when it has ended,
    and web addresses to notify. So anyone who can write to Redis could make the worker call any
    function that it can import. This class ignores those names.
    """

    # RQ calls job.func. Without staticmethod, process would be a method and also receive self.
    func = staticmethod(process)
    success_callback = failure_callback = None

    def send_webhooks(self, *args, **kwargs):
        """Do nothing: no web address is notified."""


class NotificationWorker(rq.SimpleWorker):
    """A worker whose job is run again if it was interrupted, but not if it failed."""

    def handle_exception(self, job, kind, error, trace):
        """Cancel the retries of a job that failed. RQ calls this with the error that ended the job:
        its class, the error itself, and the traceback.

        In a worker that is killed this is never called. So its job keeps the retries that the
        creator gave it, and is run again.
        """
        # The first ^C (or SIGTERM, from kill) lets the job end. A second, at least 1 s later, makes
        # RQ raise SystemExit in the middle of process(). That is an interruption, not a failure.
        if kind is not SystemExit:
            job.retries_left = 0
        super().handle_exception(job, kind, error, trace)  # logs the error


# Look for the jobs of killed workers about every 6 s. RQ looks only between two jobs, or two waits
# for one, and at most once every maintenance_interval seconds (default: 600). The length of a wait
# can only be set through worker_ttl: it is worker_ttl - 15 s, so here 3 s (default: 405). (TTL is
# "time to live": Redis forgets a worker that has been silent for worker_ttl + 60 s.)
WORKER_OPTIONS = {"maintenance_interval": 5, "worker_ttl": 18}


# Only if this file is started, not if it is imported, for example by a test. (Called without
# arguments, main() uses RQ's own Job class. It imports this file again, to find process(). Without
# the next line, that would start a second worker inside the first job.)
if __name__ == "__main__":
    # ^C ends the script, until RQ sets its own handler for ^C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # As in 0_redis_client.py. Without errors="replace", print would raise an error for a character
    # that the terminal's encoding does not have, and the job would fail.
    sys.stdout.reconfigure(line_buffering=True, errors="replace")
    try:
        client.ping()  # if Redis cannot be reached, say so at once
        # Redis may restart while the worker runs. From now on, redis-py tries a command again every
        # second, up to 30 times. After that the command fails. (Only a worker that is waiting for a
        # job keeps trying: RQ does that.)
        client.set_retry(Retry(ConstantBackoff(1), 30))
        main(NotificationWorker, job_class=NotificationJob, **WORKER_OPTIONS)
    except redis.RedisError as error:  # for example, Redis refuses writes: it cannot save to disk
        # Given a string, sys.exit prints it on stderr and exits with status 1.
        sys.exit(f"Redis error: {error}")
