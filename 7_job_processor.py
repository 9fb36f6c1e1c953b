"""Task 9 of the course: process two jobs at a time, and report progress and errors."""

import os
import signal
import sys

import redis
import rq
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq.worker_pool import WorkerPool

QUEUE = "push_notification_code_2"
blacklisted_numbers = ["4153518780", "4153518781"]


def send_notification(phone_number, message, job, done):
    job.progress(0, 100)
    if phone_number in blacklisted_numbers:
        return done(Exception(f"Phone number {phone_number} is blacklisted"))
    job.progress(50, 100)
    # The line break is part of the text, so that both are written in one go. Otherwise, with
    # PYTHONUNBUFFERED set, the lines of the two workers could run together.
    print(f"Sending notification to {phone_number}, with message: {message}\n", end="", flush=True)
    done()


class JobFailed(Exception):
    """Carries the error that was given to done()."""


def done(error=None):
    """End the job as in Kue: with an error it has failed, without one it is complete.

    RQ has no done(). A job that raises an error has failed, and a job that returns is complete.
    """
    if error:
        raise JobFailed(error)


def process(job_data):
    """Do one job. The worker passes in the data that the creator stored with the job."""
    job = rq.get_current_job()  # a NotificationJob: see below
    send_notification(job_data["phoneNumber"], job_data["message"], job, done)


# The rest is as in 6_job_processor.py, plus progress() and a pool of two workers.


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

    def progress(self, completed, total):
        """Store the percentage in the job's meta, where the creator looks for it."""
        percent = completed * 100 // total
        # A list of all percentages, since the creator may look too late to see each of them alone.
        percentages = self.meta.setdefault("progress", [])
        if percent not in percentages:  # it is there already if the job is run again
            percentages.append(percent)
            self.save_meta()


class NotificationWorker(rq.SimpleWorker):
    """As in 6_job_processor.py, with the settings that a WorkerPool does not pass on to it."""

    def __init__(self, queues, **options):
        # Do not use the pool's `queues`: it creates them without serializer="json", so they read
        # pickles. Given a name, the worker creates the queue with the serializer from `options`.
        super().__init__([QUEUE], maintenance_interval=5, worker_ttl=18, **options)

    def work(self, **options):
        # Do not use the pool's `options`: they start a scheduler, which is for jobs at a given
        # time, and they make a worker that replaces a dead one log everything that it does.
        try:
            super().work(logging_level="ERROR")
        except redis.RedisError as error:  # for example, Redis refuses writes: its disk is full
            sys.exit(f"The worker stops: {error}")

    def handle_exception(self, job, kind, error, trace):
        """Decide whether a job that raised an error is retried.

        RQ does not call this for a job whose worker was killed, so such a job keeps its retries.
        """
        interrupted = kind is SystemExit  # raised by a second ^C; the first one lets the job end
        if not interrupted:
            job.retries_left = 0
        if kind is not JobFailed:  # the creator reports that one, so this console does not
            super().handle_exception(job, kind, error, trace)


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

    pool = WorkerPool(  # starts the workers, and a new one whenever one dies
        [QUEUE],
        connection=client,
        num_workers=2,  # two processes: two jobs at a time
        worker_class=NotificationWorker,
        job_class=NotificationJob,
        serializer="json",
    )
    pool.start(logging_level="ERROR")  # until ^C
