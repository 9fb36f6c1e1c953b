#!/usr/bin/env python3
"""Process the jobs of push_notification_code."""
from rq import SimpleWorker

from helpers import JSONSerializer, create_queue, log


def send_notification(phone_number, message):
    log("Sending notification to %s, with message: %s"
        % (phone_number, message))


def process(data):
    """RQ calls this with the data of every new job."""
    send_notification(data["phoneNumber"], data["message"])


if __name__ == "__main__":
    queue = create_queue("push_notification_code")
    worker = SimpleWorker([queue], connection=queue.connection,
                          serializer=JSONSerializer)
    worker.work(logging_level="CRITICAL")
