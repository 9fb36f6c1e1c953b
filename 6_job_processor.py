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
    """A job that calls process and nothing else, whatever function Redis says that it names."""

    func = staticmethod(process)
    success_callback = failure_callback = stopped_callback = None

    def send_webhooks(self, status, exc_string=None):
        """Send none."""


def on_exception(job, kind, error, traceback):
    """Let RQ do a job again only if its worker has died or was stopped: its own error is final."""
    if kind not in (rq.exceptions.AbandonedJobError, SystemExit):
        job.retries_left = 0


if __name__ == "__main__":  # not when RQ's tools import this file to find process
    client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
    try:
        client.ping()
    except redis.RedisError as error:
        sys.exit(f"Redis client not connected to the server: {error}")
    client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # if Redis restarts

    worker = rq.SimpleWorker(
        ["push_notification_code"],
        connection=client,
        serializer="json",  # RQ's own, pickle, can run anything while it is read
        job_class=NotificationJob,
        exception_handlers=[on_exception],
        worker_ttl=18,  # RQ waits for a job for 15 s less, so 3 s, and then comes the next line
        maintenance_interval=5,  # seconds between two looks for the jobs of workers that died
    )
    worker.work(logging_level="ERROR")  # no log but for the traceback of a job that fails
