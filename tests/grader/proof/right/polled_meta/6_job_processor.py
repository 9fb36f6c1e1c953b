#!/usr/bin/env python3
"""Task 7: work on the jobs of a queue, one after the other."""
import logging
import os
import sys
from functools import partial

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
QUEUE_NAME = "push_notification_code"

log = partial(print, flush=True)


def send_notification(phone_number: str, message: str) -> None:
    """Pretend to send a message to a phone."""
    log(f"Sending notification to {phone_number}, with message: {message}")


def process_job(data: dict[str, str]) -> None:
    """What the worker calls for each job; the creator names it."""
    send_notification(data["phoneNumber"], data["message"])


def main() -> None:
    """Work until ^C."""
    # RQ writes its own log to stdout unless it finds a handler
    logging.getLogger("rq").addHandler(logging.NullHandler())
    connection = redis.Redis.from_url(REDIS_URL)
    queue = Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)
    worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
    worker.work()


if __name__ == "__main__":
    try:
        main()
    except redis.RedisError as error:
        sys.exit(f"Redis error: {error}")
    except KeyboardInterrupt:
        pass
