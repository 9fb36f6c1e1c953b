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
    # Write the line break with the text, so that the two workers cannot mix their lines. (In many
    # containers PYTHONUNBUFFERED=1 is set, and then print writes its own line break separately.)
    print(f"Sending notification to {phone_number}, with message: {message}\n", end="", flush=True)
    done()


class JobFailed(Exception):
    """The error that was given to done(), as opposed to one that nobody expected."""


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


# The rest is as in 6_job_processor.py, plus progress() and a pool of two workers.


class NotificationJob(rq.job.Job):
    """A job that always runs process(), whatever Redis says.

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
        # Ignore `queues`. The pool gives its serializer and its job_class to the worker, in
        # `options`, but not to these queues: if they looked for the jobs of killed workers, they
        # would read pickles and run callbacks. From a name, the worker makes a queue that has both.
        # maintenance_interval and worker_ttl are explained in 6_job_processor.py.
        super().__init__([QUEUE], maintenance_interval=5, worker_ttl=18, **options)

    def work(self, **options):
        # Ignore the pool's `options`: they start a scheduler, which is only for jobs with a start
        # time, and they make a worker that replaces a dead one log at level INFO.
        try:
            super().work(logging_level="ERROR")
        except redis.RedisError as error:  # as in 6_job_processor.py; the pool starts another
            sys.exit(f"A worker has stopped: {error}")

    def handle_exception(self, job, kind, error, trace):
        """Cancel the retries of a job that failed.

        RQ does not call this for a job whose worker was killed, so such a job is run again.
        """
        # The first ^C lets the job end. A second one, 1 s later, interrupts it with SystemExit.
        interrupted = kind is SystemExit
        if not interrupted:
            job.retries_left = 0
        if kind is not JobFailed:  # the creator reports that one, so do not log it here
            super().handle_exception(job, kind, error, trace)


if __name__ == "__main__":  # not when a test, or `rq worker`, imports this file
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the worker starts: then RQ handles ^C
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    client = redis.from_url(url, protocol=2)
    try:
        client.ping()
    except redis.RedisError as error:
        # Given a string, sys.exit prints it on stderr and exits with status 1.
        sys.exit(f"Redis client not connected to the server: {error}")
    # If Redis is down for a while, do not give up at once: from now on, redis-py tries each command
    # again every second, at most 30 times. (Until here, a failure had to be reported at once.)
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
