"""Task 7, Create the Job processor: how to do the jobs of a queue, one after the other."""

import os
import sys

import redis
import rq


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


def process(job_data):
    """Do a job: RQ calls this with the data that the creator has given the job."""
    send_notification(job_data["phoneNumber"], job_data["message"])


class NotificationJob(rq.job.Job):
    """A job that calls process only: by itself RQ calls any function that the job names."""

    func = staticmethod(process)
    success_callback = failure_callback = stopped_callback = None  # a job may name these, too

    def send_webhooks(self, status, exc_string=None):
        """Do nothing: a job may also name web addresses that RQ calls when it ends."""


def on_exception(job, kind, error, traceback):
    """RQ calls this when a job fails. No new try (retry=) unless its worker died or was stopped."""
    if kind not in (rq.exceptions.AbandonedJobError, SystemExit):  # died, stopped
        job.retries_left = 0


if __name__ == "__main__":  # not if it is imported, as "rq worker" would do
    client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
    try:
        client.ping()
    except redis.RedisError as error:
        sys.exit(f"Redis client not connected to the server: {error}")
    client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # tries for 30 s

    worker = rq.SimpleWorker(  # does the jobs in this process, one by one
        ["push_notification_code"],
        connection=client,
        serializer="json",  # as in the creator; without it pickle, which can run code
        job_class=NotificationJob,
        exception_handlers=[on_exception],
        worker_ttl=18,  # RQ waits 18 - 15 = 3 s for a job; then it may look for dead workers
        maintenance_interval=5,  # ... whose jobs it takes over, if its last look is 5 s ago
    )
    worker.work(logging_level="ERROR")  # no log but for the traceback of a job that fails
