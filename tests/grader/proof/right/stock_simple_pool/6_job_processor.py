"""Send the notifications of the queue push_notification_code."""

import logging
import os

import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


def process(data):
    send_notification(data["phoneNumber"], data["message"])


def succeeded(job, connection, result):
    connection.publish(f"outcome:{job.id}", "completed")


def failed(job, connection, kind, error, traceback):
    connection.publish(f"outcome:{job.id}", "failed")


def main():
    logging.getLogger("rq").addHandler(logging.NullHandler())
    WorkerPool(
        ["push_notification_code"],
        connection=redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")),
        worker_class=SimpleWorker,
        serializer=JSONSerializer,
    ).start()


if __name__ == "__main__":
    main()
