#!/usr/bin/env python3
"""Task 7: process the jobs of push_notification_code.

RQ imports this file a second time, as the module 6_job_processor, to find
`process`; so nothing must happen here at import.
"""
import json
import logging
import os
import sys
from dataclasses import dataclass

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
QUEUE = "push_notification_code"

console = logging.getLogger("console")


def open_console():
    """Let the console logger write bare messages to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    console.addHandler(handler)
    console.setLevel(logging.INFO)
    console.propagate = False
    # RQ would log on stdout too
    logging.getLogger("rq").addHandler(logging.NullHandler())
    logging.getLogger("rq").setLevel(logging.CRITICAL)
    logging.getLogger("rq").propagate = False


@dataclass(frozen=True)
class Notification:
    phoneNumber: str
    message: str


def tell(job, event, **details):
    """Send an event of the job to the creator of the job."""
    channel = job.meta.get("channel")
    if channel:
        news = {"event": event, "job": job.meta["number"], **details}
        job.connection.publish(channel, json.dumps(news))


def send_notification(phone_number, message):
    console.info("Sending notification to %s, with message: %s",
                 phone_number, message)


def process(data):
    """The function of the jobs."""
    notification = Notification(**data)
    send_notification(notification.phoneNumber, notification.message)


class TellingWorker(SimpleWorker):
    """A worker that tells the creator how a job ended."""

    error = None

    def handle_exception(self, job, *exc_info):
        self.error = exc_info[1]
        super().handle_exception(job, *exc_info)

    def perform_job(self, job, *args, **kwargs):
        succeeded = super().perform_job(job, *args, **kwargs)
        if succeeded:
            tell(job, "completed")
        else:
            tell(job, "failed", error=str(self.error))
        return succeeded


def main():
    open_console()
    try:
        connection = redis.Redis.from_url(REDIS_URL)
        connection.ping()
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        worker = TellingWorker([queue], connection=connection,
                               serializer=JSONSerializer)
        worker.work()
    except redis.RedisError as error:
        return f"Redis client not connected to the server: {error}"
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
