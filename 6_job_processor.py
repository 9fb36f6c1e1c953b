"""Task 7 of the course: process the jobs of a queue, one after another."""

import os
import signal
import sys

import redis
import rq
from redis.backoff import ConstantBackoff
from redis.retry import Retry


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


def process(job_data):
    """Do one job. The worker passes in the data that the creator stored with the job."""
    send_notification(job_data["phoneNumber"], job_data["message"])


# The lesson ends here. The two classes below make the worker safe to leave running: see "Run it
# for real" in README.md.


class NotificationJob(rq.job.Job):
    """A job that always runs process(), whatever the job in Redis says.

    A job in Redis names the function to call. It can also name callbacks, which RQ calls when the
    job has ended, and web addresses to notify. RQ does what the job says, so anyone who can write
    to Redis could run any code here. This class ignores those names.
    """

    # RQ calls job.func. Without staticmethod, process would be a method and also receive self.
    func = staticmethod(process)
    success_callback = failure_callback = stopped_callback = None

    def send_webhooks(self, *args, **kwargs):
        """Do nothing: no web address is notified."""


class NotificationWorker(rq.SimpleWorker):
    """A worker whose job is run again if it was interrupted, but not if it failed.

    A SimpleWorker runs its jobs in its own process, one by one. (rq.Worker starts a process for
    each job, which takes longer.)
    """

    def handle_exception(self, job, kind, error, trace):
        """Cancel the retries of a job that failed.

        RQ does not call this for a job whose worker was killed, so such a job is run again.
        """
        # The first ^C lets the job end. A second one, at least 1 s later, interrupts the job: RQ
        # raises SystemExit in it.
        interrupted = kind is SystemExit
        if not interrupted:
            job.retries_left = 0
        super().handle_exception(job, kind, error, trace)  # logs the error


if __name__ == "__main__":  # not when another program, such as a test, imports this
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until RQ starts: it handles ^C itself
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    client = redis.from_url(url, protocol=2)
    try:
        client.ping()
    except redis.RedisError as error:
        # Given a string, sys.exit prints it on stderr and exits with status 1.
        sys.exit(f"Redis client not connected to the server: {error}")
    # This script may run for a long time, and Redis may restart meanwhile. From now on, if Redis
    # cannot be reached, redis-py tries a command again every second, up to 30 times. Until here, it
    # gives up at the first error, so that we can report the error at once.
    client.set_retry(Retry(ConstantBackoff(1), 30))

    worker = NotificationWorker(
        ["push_notification_code"],
        connection=client,
        serializer="json",  # as in the creator
        job_class=NotificationJob,
        # Look for the jobs of killed workers about every 6 s. RQ looks before each wait for a new
        # job, if more than maintenance_interval seconds have passed since it last looked (default:
        # 600). A wait lasts worker_ttl - 15 s, here 3 s (default: 405). RQ has no other option for
        # that. (What worker_ttl is meant for: Redis forgets a worker after worker_ttl + 60 s of
        # silence.)
        maintenance_interval=5,
        worker_ttl=18,
    )
    try:
        worker.work(logging_level="ERROR")  # runs until ^C; logs only errors, such as a failed job
    except redis.RedisError as error:  # for example, if Redis refuses writes: its disk is full
        sys.exit(f"A worker has stopped: {error}")
