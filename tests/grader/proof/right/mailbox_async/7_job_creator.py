#!/usr/bin/env python3
"""Create jobs and follow them to their end."""
import asyncio
import json
import os
import sys
import time
import uuid

import redis.asyncio as redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")


class Queue:
    """The side of the queue that creates jobs.

    job:ids              the last job id (one counter for all queues)
    job:ID               hash: a job, its data as JSON, its state
    queue:NAME:waiting   list: ids of the jobs to do, the newest on the left
    mailbox:UUID         stream: what happens to the jobs of one creator
    """

    CREATE = """
    local id = redis.call('INCR', 'job:ids')
    redis.call('HSET', 'job:' .. id,
               'type', ARGV[1], 'data', ARGV[2], 'mailbox', ARGV[3],
               'state', 'waiting', 'progress', 0, 'created_at', ARGV[4])
    redis.call('LPUSH', 'queue:' .. ARGV[1] .. ':waiting', id)
    return id
    """

    def __init__(self):
        self.redis = redis.from_url(
            REDIS_URL,
            decode_responses=True,
            protocol=2,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self.mailbox = f"mailbox:{uuid.uuid4()}"
        self.pending = set()

    async def connect(self):
        """Wait for the Redis server."""
        while True:
            try:
                await self.redis.ping()
                return
            except (ConnectionError, TimeoutError) as error:
                print(f"Waiting for Redis: {error}", file=sys.stderr, flush=True)
                await asyncio.sleep(1)

    async def create(self, name, data):
        """Store a new job, put it in the queue and return its id."""
        job_id = await self.redis.eval(
            self.CREATE, 0, name, json.dumps(data), self.mailbox, time.time()
        )
        self.pending.add(job_id)
        return job_id

    async def events(self):
        """Give what happens to our jobs, until the last of them ends."""
        last = "0"
        while self.pending:
            try:
                reply = await self.redis.xread({self.mailbox: last}, block=5000)
            except (ConnectionError, TimeoutError):
                await self.connect()
                continue
            for _, entries in reply:
                for last, entry in entries:
                    job_id = int(entry["job"])
                    if entry["event"] in ("completed", "failed"):
                        self.pending.discard(job_id)
                    yield job_id, entry["event"], entry["value"]
        await self.redis.delete(self.mailbox)

    async def close(self):
        await self.redis.aclose()


jobs = [
    {
        "phoneNumber": "4153518780",
        "message": "This is the code 1234 to verify your account",
    },
    {
        "phoneNumber": "4153518781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153518743",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4153538781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153118782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4153718781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4159518782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4158718781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153818782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4154318781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4151218782",
        "message": "This is the code 4321 to verify your account",
    },
]


async def main():
    queue = Queue()
    await queue.connect()
    for job_data in jobs:
        job_id = await queue.create("push_notification_code_2", job_data)
        print(f"Notification job created: {job_id}", flush=True)
    async for job_id, event, value in queue.events():
        if event == "completed":
            print(f"Notification job {job_id} completed", flush=True)
        elif event == "failed":
            print(f"Notification job {job_id} failed: {value}", flush=True)
        elif event == "progress":
            print(f"Notification job {job_id} {value}% complete", flush=True)
    await queue.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
