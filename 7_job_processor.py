"""Task 9, Track progress and errors, the Job processor: how to do two jobs at the same time."""

import os
import sys
from traceback import print_exception

import redis
import rq
from rq.worker_pool import WorkerPool

QUEUE = "push_notification_code_2"
blacklisted_numbers = ["4153518780", "4153518781"]


def send_notification(phone_number, message, job, done):
    job.progress(0, 100)
    if phone_number in blacklisted_numbers:
        return done(Exception(f"Phone number {phone_number} is blacklisted"))
    job.progress(50, 100)
    print(f"Sending notification to {phone_number}, with message: {message}\n", end="", flush=True)
    done()


def done(error=None):
    """End the job: a job that raises an error has failed, one that returns is complete."""
    if error:
        raise error


def process(job_data):
    """Do a job: RQ calls this with the data that the creator has given the job."""
    send_notification(job_data["phoneNumber"], job_data["message"], rq.get_current_job(), done)


class NotificationJob(rq.job.Job):
    """A job that calls process only: by itself RQ calls any function that the job names."""

    func = staticmethod(process)
    success_callback = failure_callback = stopped_callback = None  # a job may name these, too

    def send_webhooks(self, status, exc_string=None):
        """Do nothing: a job may also name web addresses that RQ calls when it ends."""

    def progress(self, completed, total):
        """Keep every step, in a list: the creator looks only now and then, and would miss some."""
        steps = {*self.meta.get("progress", []), completed * 100 // total}
        self.meta["progress"] = sorted(steps)  # each once, even if the job is done again
        self.save_meta()


def on_exception(job, kind, error, traceback):
    """RQ calls this when a job fails. No new try, unless the fault is its worker's or Redis's."""
    if kind not in (rq.exceptions.AbandonedJobError, SystemExit):  # died, stopped
        if not isinstance(error.__context__, redis.ConnectionError):  # timed out, Redis was away
            job.retries_left = 0
        if kind is not Exception:  # done's is a plain Exception: the creator prints it
            print_exception(error)


class NotificationWorker(rq.SimpleWorker):  # to set what a pool has no arguments for
    def __init__(self, queues, **options):  # queues is not used: the pool made it to read pickle
        super().__init__([QUEUE], worker_ttl=18, maintenance_interval=5, **options)

    def work(self, **options):  # drops the pool's options: a scheduler, a log in a new worker
        super().work(logging_level="CRITICAL")


if __name__ == "__main__":
    client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
    try:
        client.ping()
    except redis.RedisError as error:
        sys.exit(f"Redis client not connected to the server: {error}")
    client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # tries for 30 s
    options = {"job_class": NotificationJob, "exception_handlers": [on_exception]}
    # Two workers, each a process: two jobs at a time. Both print: hence each line in one piece.
    pool = WorkerPool([QUEUE], client, 2, NotificationWorker, serializer="json", **options)
    pool.start(logging_level="CRITICAL")
