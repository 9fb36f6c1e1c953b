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
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)
    done()


def done(error=None):
    """End the job: a job that raises an error has failed, one that returns is complete."""
    if error:
        raise error


def process(job_data):
    """Do a job: RQ calls this with the data that the creator has given the job."""
    send_notification(job_data["phoneNumber"], job_data["message"], rq.get_current_job(), done)


class NotificationJob(rq.job.Job):
    """A job that calls process and nothing else, whatever function Redis says that it names."""

    func = staticmethod(process)
    success_callback = failure_callback = stopped_callback = None

    def send_webhooks(self, status, exc_string=None):
        """Send none."""

    def progress(self, completed, total):
        """Note how far the job is. In a list, as its creator may look too late to see each step."""
        steps = {*self.meta.get("progress", []), completed * 100 // total}
        self.meta["progress"] = sorted(steps)  # each once, even if the job is done again
        self.save_meta()


def on_exception(job, kind, error, traceback):
    """Have RQ do the job again only if its worker died or was stopped, or Redis was away."""
    if kind not in (rq.exceptions.AbandonedJobError, SystemExit):
        if not isinstance(error.__context__, redis.ConnectionError):
            job.retries_left = 0
        if kind is not Exception:  # that kind is done's, which the creator tells
            print_exception(error)


class NotificationWorker(rq.SimpleWorker):  # with what a pool does not pass on to its workers
    def __init__(self, queues, **options):  # the pool's queues read pickle: it makes its own
        super().__init__([QUEUE], worker_ttl=18, maintenance_interval=5, **options)
        self.push_exc_handler(on_exception)

    def work(self, **options):  # the pool's: a scheduler, and a log if a worker replaces another
        super().work(logging_level="CRITICAL")


if __name__ == "__main__":
    client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
    try:
        client.ping()
    except redis.RedisError as error:
        sys.exit(f"Redis client not connected to the server: {error}")
    client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # if Redis restarts
    WorkerPool(
        [QUEUE], client, 2, NotificationWorker, serializer="json", job_class=NotificationJob
    ).start(logging_level="CRITICAL")
