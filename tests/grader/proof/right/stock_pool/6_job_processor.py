import logging
import os

from redis import Redis
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


def process(data):
    send_notification(data["phoneNumber"], data["message"])


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)  # to stderr
    redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    queues = ["push_notification_code"]
    WorkerPool(queues, redis, num_workers=1, serializer=JSONSerializer).start()
