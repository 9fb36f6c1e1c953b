#!/usr/bin/env python3
"""Task 6: put one job on a queue and tell what becomes of it."""
import asyncio
import os
import sys
from functools import partial
from typing import TypedDict

import redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
QUEUE_NAME = "push_notification_code"
JOB_FUNCTION = "6_job_processor.process_job"
ID_COUNTER = "notification:ids"  # one counter for all queues, as in Kue
POLL_SECONDS = 0.05

log = partial(print, flush=True)


class Notification(TypedDict):
    """The data of a job."""

    phoneNumber: str
    message: str


def create_job(queue: Queue, data: Notification) -> Job:
    """Put data on the queue under the next job id."""
    job_id = queue.connection.incr(ID_COUNTER)
    return queue.enqueue(
        JOB_FUNCTION,
        args=(data,),
        job_id=str(job_id),
        result_ttl=-1,  # Kue keeps its finished jobs
        failure_ttl=-1,
    )


async def watch(job: Job) -> None:
    """Poll the job until it has ended and tell how."""
    while True:
        match job.get_status():
            case JobStatus.FINISHED:
                log("Notification job completed")
                return
            case JobStatus.FAILED | JobStatus.STOPPED | JobStatus.CANCELED:
                log("Notification job failed")
                return
        await asyncio.sleep(POLL_SECONDS)


async def main() -> None:
    """Create the job of the course and wait for its end."""
    # no decode_responses here: what RQ stores is bytes
    connection = redis.Redis.from_url(REDIS_URL)
    queue = Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)
    job = create_job(
        queue,
        {
            "phoneNumber": "4153518780",
            "message": "This is the code to verify your account",
        },
    )
    log(f"Notification job created: {job.id}")
    await watch(job)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except redis.RedisError as error:
        sys.exit(f"Redis error: {error}")
    except KeyboardInterrupt:
        pass
