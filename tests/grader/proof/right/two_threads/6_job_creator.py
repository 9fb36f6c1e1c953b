#!/usr/bin/env python3
"""Task 6: create one job and log what becomes of it.

The processor tells about the job on a Redis channel that belongs to this
run of the creator; the name of the channel travels in the job's meta.
"""
import json
import logging
import os
import sys
import uuid
from dataclasses import asdict, dataclass

import redis
from rq import Queue
from rq.serializers import JSONSerializer

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
QUEUE = "push_notification_code"
PROCESS = "6_job_processor.process"
ID_COUNTER = "notification:ids"  # one counter for all queues, as in Kue

console = logging.getLogger("console")


def open_console():
    """Let the console logger write bare messages to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    console.addHandler(handler)
    console.setLevel(logging.INFO)
    console.propagate = False


@dataclass(frozen=True)
class Notification:
    """The job data; the names of the fields are the keys of the JSON."""

    phoneNumber: str
    message: str


class JobCreator:
    """Puts jobs on the queue and follows them on a channel of its own."""

    def __init__(self, url=REDIS_URL):
        # no socket_timeout: we may wait for a processor for ever
        self.connection = redis.Redis.from_url(url, socket_timeout=None)
        self.queue = Queue(QUEUE, connection=self.connection,
                           serializer=JSONSerializer)
        self.channel = f"notifications:{uuid.uuid4().hex}"
        self.pubsub = self.connection.pubsub()
        self.open_jobs = set()

    def subscribe(self):
        """Has to be done before there are jobs: nobody repeats a message."""
        self.pubsub.subscribe(self.channel)
        next(self.pubsub.listen())  # the server's confirmation

    def create(self, notification):
        number = self.connection.incr(ID_COUNTER)
        self.queue.enqueue(
            PROCESS, args=(asdict(notification),), job_id=str(number),
            meta={"channel": self.channel, "number": number},
        )
        self.open_jobs.add(number)
        console.info("Notification job created: %d", number)

    def follow(self):
        """Log the events of the jobs until all of them have ended."""
        while self.open_jobs:
            item = next(self.pubsub.listen())
            if item["type"] == "message":
                event = json.loads(item["data"])
                getattr(self, "on_" + event["event"])(event)

    def on_progress(self, event):
        """The course does not ask for it in this task."""

    def on_completed(self, event):
        console.info("Notification job completed")
        self.open_jobs.discard(event["job"])

    def on_failed(self, event):
        console.info("Notification job failed")
        self.open_jobs.discard(event["job"])


def main():
    open_console()
    try:
        creator = JobCreator()
        creator.subscribe()
        creator.create(Notification(
            phoneNumber="4153518780",
            message="This is the code to verify your account",
        ))
        creator.follow()
    except redis.RedisError as error:
        return f"Redis client not connected to the server: {error}"
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
