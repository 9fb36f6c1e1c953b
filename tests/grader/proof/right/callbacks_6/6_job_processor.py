import logging
import os
import sys

from redis import Redis
from rq import Worker


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


def process_job(job_data):
    send_notification(job_data["phoneNumber"], job_data["message"])


if __name__ == "__main__":
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    r = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    Worker(["push_notification_code"], connection=r, serializer="json").work()
