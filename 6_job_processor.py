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


# That is the lesson. The two classes below make the worker safe to leave running: see "Run it
# for real" in README.md.


class NotificationJob(rq.job.Job):
    """A job that can call process() and nothing else.

    A job in Redis names the function to call. It can also name callbacks to run when it ends, and
    web addresses to notify. RQ obeys, so whoever can write to Redis could run any code here. This
    class ignores those names.
    """

    func = staticmethod(process)  # a plain `func = process` would be a method, and get self as well
    success_callback = failure_callback = stopped_callback = None

    def send_webhooks(self, *args, **kwargs):
        """Notify no web address."""


class NotificationWorker(rq.SimpleWorker):
    """A worker that retries a job that was interrupted, but not a job that raised an error.

    A SimpleWorker runs its jobs in its own process, one by one. (rq.Worker starts a process for
    each job, which takes longer.)
    """

    def handle_exception(self, job, kind, error, trace):
        """Decide whether a job that raised an error is retried.

        RQ does not call this for a job whose worker was killed, so such a job keeps its retries.
        """
        interrupted = kind is SystemExit  # raised by a second ^C; the first one lets the job end
        if not interrupted:
            job.retries_left = 0
        super().handle_exception(job, kind, error, trace)  # logs the error


if __name__ == "__main__":  # not if a test, or "rq worker", imports this file
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the worker starts: RQ handles ^C itself
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    client = redis.from_url(url, protocol=2)
    try:
        client.ping()
    except redis.RedisError as error:
        # With a text, sys.exit prints it on stderr and ends the script with status 1.
        sys.exit(f"Redis client not connected to the server: {error}")
    # From now on, if a command cannot reach Redis, try it again every second, up to 30 times.
    client.set_retry(Retry(ConstantBackoff(1), 30))

    worker = NotificationWorker(
        ["push_notification_code"],
        connection=client,
        serializer="json",  # as in the creator
        job_class=NotificationJob,
        # An idle worker looks for the jobs of killed workers if it last did so more than 5 s ago,
        # but only between two waits for a new job. A wait lasts worker_ttl - 15 s, here 3 s.
        maintenance_interval=5,
        worker_ttl=18,
    )
    try:
        worker.work(logging_level="ERROR")  # until ^C; log only errors, such as a job that fails
    except redis.RedisError as error:  # for example, Redis refuses writes because its disk is full
        sys.exit(f"The worker stops: {error}")
