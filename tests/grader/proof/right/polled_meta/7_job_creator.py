#!/usr/bin/env python3
"""Task 8: put eleven jobs on a queue and tell how each of them gets on."""
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
QUEUE_NAME = "push_notification_code_2"
JOB_FUNCTION = "7_job_processor.process_job"
ID_COUNTER = "notification:ids"  # one counter for all queues, as in Kue
POLL_SECONDS = 0.05

log = partial(print, flush=True)


class Notification(TypedDict):
    """The data of a job."""

    phoneNumber: str
    message: str


JOBS: list[Notification] = [
    {"phoneNumber": "4153518780", "message": "This is the code 1234 to verify your account"},
    {"phoneNumber": "4153518781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153518743", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4153538781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153118782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4153718781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4159518782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4158718781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153818782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4154318781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4151218782", "message": "This is the code 4321 to verify your account"},
]


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
    """Poll the job until it has ended; show what is new each time.

    The processor keeps in job.meta all the percentages so far ("progress")
    and the text of an error ("error"). refresh() reads status and meta in one
    go, so whoever sees the end also sees all the progress before it.
    """
    shown = 0
    while True:
        job.refresh()
        progress: list[int] = job.meta.get("progress", [])
        for percentage in progress[shown:]:
            log(f"Notification job {job.id} {percentage}% complete")
        shown = len(progress)
        match job.get_status(refresh=False):
            case JobStatus.FINISHED:
                log(f"Notification job {job.id} completed")
                return
            case JobStatus.FAILED | JobStatus.STOPPED | JobStatus.CANCELED as status:
                error = job.meta.get("error", status.value)
                log(f"Notification job {job.id} failed: {error}")
                return
        await asyncio.sleep(POLL_SECONDS)


async def main() -> None:
    """Create all jobs, then watch them together until the last has ended."""
    # no decode_responses here: what RQ stores is bytes
    connection = redis.Redis.from_url(REDIS_URL)
    queue = Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)
    jobs: list[Job] = []
    for data in JOBS:
        job = create_job(queue, data)
        log(f"Notification job created: {job.id}")
        jobs.append(job)
    await asyncio.gather(*(watch(job) for job in jobs))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except redis.RedisError as error:
        sys.exit(f"Redis error: {error}")
    except KeyboardInterrupt:
        pass
