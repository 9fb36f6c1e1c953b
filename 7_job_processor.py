"""Task 9 of the course: process two jobs at a time, and report progress and errors."""

import os
import signal
import sys

import redis
import rq
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq.worker_pool import ForkProcess, WorkerPool

client = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), protocol=2)

QUEUE = "push_notification_code_2"
blacklisted_numbers = ["4153518780", "4153518781"]


def send_notification(phone_number, message, job, done):
    job.progress(0, 100)
    if phone_number in blacklisted_numbers:
        # As in Kue, done() with an error makes the job fail. Ours raises an exception, so nothing
        # after it runs. (The return is kept from the JavaScript.)
        return done(Exception(f"Phone number {phone_number} is blacklisted"))
    job.progress(50, 100)
    print(f"Sending notification to {phone_number}, with message: {message}")
    done()


def done(error=None):
    """End the job, as Kue's done() does. With an error, the job fails; without one, it completes.

    In RQ, a job fails if it raises an error, and completes if it returns.
    """
    if error:
        raise JobFailed(error)


class JobFailed(Exception):
    """Raised by done(), with the error it was given. The worker logs any other error of a job."""


def process(job_data):
    """Do one job. The worker passes in the data that the creator stored with the job."""
    job = rq.get_current_job()  # the job that this worker is running, a NotificationJob
    send_notification(job_data["phoneNumber"], job_data["message"], job, done)


class NotificationJob(rq.job.Job):
    """A job that can report its progress, as in Kue."""

    def progress(self, completed, total):
        """Store the percentage in the job's meta, where the creator looks for it."""
        percent = completed * 100 // total
        # A list, because the creator does not look often enough to see every percentage.
        percentages = self.meta.setdefault("progress", [])
        if percent not in percentages:  # it is there already if the job runs a second time
            percentages.append(percent)
            self.save_meta()

    # As in 6_job_processor.py: always run process(), whatever the job in Redis says.
    func = staticmethod(process)
    success_callback = failure_callback = None

    def send_webhooks(self, *args, **kwargs):
        """Do nothing: no web address is notified."""


def main(pool_class=WorkerPool):
    pool = pool_class(  # NotificationPool, below, does not use the last three arguments
        [QUEUE],
        connection=client,
        num_workers=2,  # two processes, so two jobs at a time; the pool replaces any that dies
        worker_class=rq.SimpleWorker,
        job_class=NotificationJob,
        serializer="json",
    )
    pool.start(logging_level="ERROR")  # runs until ^C; logs only errors


# The lesson ends here. What follows protects the workers, as in 6_job_processor.py. (For the lesson
# alone, call main() without arguments, here and in the creator. RQ then also logs each failed job.)


def work():
    """Run a NotificationWorker, as main() of 6_job_processor.py does, in a process of the pool."""
    # A handler is the function that Python calls when a signal such as ^C or SIGTERM (kill) comes.
    # The pool sets its own after it has started the first workers. A worker that replaces a dead
    # one is a copy of the pool, so it has them, too, and they would not end it. So until RQ sets
    # the worker's own handlers, use the default: the signal ends the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    worker = NotificationWorker(
        [QUEUE],
        connection=client,
        serializer="json",
        job_class=NotificationJob,
        **WORKER_OPTIONS,
    )
    try:
        worker.work(logging_level="ERROR")
    except redis.RedisError as error:  # the pool then starts a new worker
        sys.exit(f"Redis error: {error}")


class NotificationPool(WorkerPool):
    """A WorkerPool whose processes call work(), above.

    RQ's own pool cannot pass WORKER_OPTIONS to its workers. It does pass them our serializer and
    Job class, but not to their Queue objects, which keep pickle and RQ's Job. A worker looks for
    the jobs of killed workers through those: it would unpickle what a job has stored, and call the
    callback that it names. And a worker that replaces a dead one would log every job.
    """

    def get_worker_process(self, name, **options):
        """Return a process for the pool to start. work() does not need the name and the options."""
        # Fork: the new process is a copy of this one, so it can use work() and the client as they
        # are. redis-py notices, and opens connections of its own in it.
        return ForkProcess(target=work)


class NotificationWorker(rq.SimpleWorker):
    """A worker whose job is run again if it was interrupted, but not if it failed."""

    def handle_exception(self, job, kind, error, trace):
        if kind is not SystemExit:
            job.retries_left = 0
        if kind is not JobFailed:  # the creator reports that one, so do not log it here
            super().handle_exception(job, kind, error, trace)


WORKER_OPTIONS = {"maintenance_interval": 5, "worker_ttl": 18}


if __name__ == "__main__":
    # ^C ends the script, until RQ sets its own handler for ^C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # write_through=False: otherwise, with PYTHONUNBUFFERED=1 (common in containers), print would
    # write a line and its line break separately, and the two workers could mix their lines.
    sys.stdout.reconfigure(line_buffering=True, write_through=False, errors="replace")
    try:
        client.ping()
        client.set_retry(Retry(ConstantBackoff(1), 30))
        main(NotificationPool)
    except redis.RedisError as error:
        sys.exit(f"Redis error: {error}")
