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
        # As in Kue: an error that is given to done() fails the job, and the rest is skipped.
        return done(Exception(f"Phone number {phone_number} is blacklisted"))
    job.progress(50, 100)
    # Print the line break as part of the text, so that the two workers cannot mix their lines.
    # (With PYTHONUNBUFFERED=1, as in many containers, print writes its line break separately.)
    print(f"Sending notification to {phone_number}, with message: {message}\n", end="", flush=True)
    done()


class JobFailed(Exception):
    """The error that was given to done(). Any other error in a job is unexpected, and is logged."""


def done(error=None):
    """End the job as Kue's done() does: with an error it has failed, without one it is complete.

    In RQ, a job has failed if it raises an error, and is complete if it returns.
    """
    if error:
        raise JobFailed(error)


def process(job_data):
    """Do one job. The worker passes in the data that the creator stored with the job."""
    job = rq.get_current_job()  # a NotificationJob: see below
    send_notification(job_data["phoneNumber"], job_data["message"], job, done)


# The rest is as in 6_job_processor.py. What is new: progress(), and a pool of two workers.


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

    def progress(self, completed, total):
        """Store the percentage in the job's meta, where the creator looks for it."""
        percent = completed * 100 // total
        # Keep all of them in a list: the creator looks too rarely to see each one by itself.
        percentages = self.meta.setdefault("progress", [])
        if percent not in percentages:  # it is there already if the job runs a second time
            percentages.append(percent)
            self.save_meta()


class NotificationWorker(rq.SimpleWorker):
    """As in 6_job_processor.py, with the settings that a WorkerPool does not pass on to it."""

    def __init__(self, queues, **options):
        # Do not use the pool's `queues`: they were made without our serializer and job_class. With
        # them, a worker that looks for the jobs of killed workers would read pickles and run
        # callbacks. Given a name, the worker makes a queue with the serializer and job_class that
        # are in `options`. (The two numbers are explained in 6_job_processor.py.)
        super().__init__([QUEUE], maintenance_interval=5, worker_ttl=18, **options)

    def work(self, **options):
        # Do not use the pool's `options`. They start a scheduler, which these jobs do not need. And
        # when the pool replaces a dead worker, they would make the new one log every job.
        try:
            super().work(logging_level="ERROR")
        except redis.RedisError as error:  # as in 6_job_processor.py; the pool starts a new worker
            sys.exit(f"A worker has stopped: {error}")

    def handle_exception(self, job, kind, error, trace):
        """Cancel the retries of a job that failed.

        RQ does not call this for a job whose worker was killed, so such a job is run again.
        """
        # The first ^C lets the job end. A second one, at least 1 s later, interrupts the job: RQ
        # raises SystemExit in it.
        interrupted = kind is SystemExit
        if not interrupted:
            job.retries_left = 0
        if kind is not JobFailed:  # the creator reports that one, so do not log it here
            super().handle_exception(job, kind, error, trace)


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

    pool = WorkerPool(  # starts the workers, and replaces any that dies
        [QUEUE],
        connection=client,
        num_workers=2,  # two processes: two jobs at a time
        worker_class=NotificationWorker,
        job_class=NotificationJob,
        serializer="json",
    )
    pool.start(logging_level="ERROR")  # until ^C
