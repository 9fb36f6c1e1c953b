"""Send the notifications of the queue push_notification_code_2, two at a time."""

import json
import logging
import os

import redis
from rq import SimpleWorker, get_current_job
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

blacklist = ["4153518780", "4153518781"]


def tell(job, what):
    job.connection.publish("push_notification_code_2:events", json.dumps([job.id, what]))


def send_notification(phone_number, message, job):
    tell(job, "0% complete")
    if phone_number in blacklist:
        raise ValueError(f"Phone number {phone_number} is blacklisted")
    tell(job, "50% complete")
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


def process(data):
    send_notification(data["phoneNumber"], data["message"], get_current_job())


def succeeded(job, connection, result):
    tell(job, "completed")


def failed(job, connection, kind, error, traceback):
    tell(job, f"failed: {error}")


if __name__ == "__main__":
    logging.getLogger("rq").addHandler(logging.NullHandler())
    WorkerPool(
        ["push_notification_code_2"],
        connection=redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")),
        num_workers=2,
        worker_class=SimpleWorker,
        serializer=JSONSerializer,
    ).start()
