#!/usr/bin/env python3
"""Task 9: work on the jobs of a queue, two at a time, and report on them."""
import logging
import os
import sys
from functools import partial
from types import TracebackType

import redis
from rq import get_current_job
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
QUEUE_NAME = "push_notification_code_2"
CONCURRENCY = 2
BLACKLIST = ("4153518780", "4153518781")

log = partial(print, flush=True)


def report_progress(job: Job, completed: int, total: int) -> None:
    """Add a percentage to the list in job.meta, where the creator looks."""
    job.meta.setdefault("progress", []).append(round(completed * 100 / total))
    job.save_meta()


def report_error(
    job: Job,
    _exc_type: type[BaseException],
    error: BaseException,
    _traceback: TracebackType | None,
) -> None:
    """Exception handler of RQ: runs before the job's status becomes failed."""
    job.meta["error"] = str(error)
    job.save_meta()


def send_notification(phone_number: str, message: str, job: Job) -> None:
    """Pretend to send a message to a phone, unless it is blacklisted."""
    report_progress(job, 0, 100)
    if phone_number in BLACKLIST:
        raise ValueError(f"Phone number {phone_number} is blacklisted")
    report_progress(job, 50, 100)
    log(f"Sending notification to {phone_number}, with message: {message}")


def process_job(data: dict[str, str]) -> None:
    """What the workers call for each job; the creator names it."""
    job = get_current_job()
    assert job is not None, "process_job runs only in a worker"
    send_notification(data["phoneNumber"], data["message"], job)


def main() -> None:
    """Work until ^C."""
    # RQ writes its own log to stdout unless it finds a handler
    logging.getLogger("rq").addHandler(logging.NullHandler())
    connection = redis.Redis.from_url(REDIS_URL)
    connection.ping()
    pool = WorkerPool(
        [QUEUE_NAME],
        connection=connection,
        num_workers=CONCURRENCY,
        serializer=JSONSerializer,
        exception_handlers=[report_error],
    )
    pool.start()


if __name__ == "__main__":
    try:
        main()
    except redis.RedisError as error:
        sys.exit(f"Redis error: {error}")
    except KeyboardInterrupt:
        pass
