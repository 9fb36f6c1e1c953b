#!/usr/bin/env python3
"""Task 8: create the jobs of a list and log what becomes of them.

The processor tells about the jobs on a Redis channel that belongs to this
run of the creator; the name of the channel travels in the meta of the jobs.
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
QUEUE = "push_notification_code_2"
PROCESS = "7_job_processor.process"
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


JOBS = [
    Notification("4153518780", "This is the code 1234 to verify your account"),
    Notification("4153518781", "This is the code 4562 to verify your account"),
    Notification("4153518743", "This is the code 4321 to verify your account"),
    Notification("4153538781", "This is the code 4562 to verify your account"),
    Notification("4153118782", "This is the code 4321 to verify your account"),
    Notification("4153718781", "This is the code 4562 to verify your account"),
    Notification("4159518782", "This is the code 4321 to verify your account"),
    Notification("4158718781", "This is the code 4562 to verify your account"),
    Notification("4153818782", "This is the code 4321 to verify your account"),
    Notification("4154318781", "This is the code 4562 to verify your account"),
    Notification("4151218782", "This is the code 4321 to verify your account"),
]


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
        console.info("Notification job %d %d%% complete",
                     event["job"], event["percent"])

    def on_completed(self, event):
        console.info("Notification job %d completed", event["job"])
        self.open_jobs.discard(event["job"])

    def on_failed(self, event):
        console.info("Notification job %d failed: %s",
                     event["job"], event["error"])
        self.open_jobs.discard(event["job"])


def main():
    open_console()
    try:
        creator = JobCreator()
        creator.subscribe()
        for notification in JOBS:
            creator.create(notification)
        creator.follow()
    except redis.RedisError as error:
        return f"Redis client not connected to the server: {error}"
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
