#!/usr/bin/env python3
"""Do the jobs, report progress and errors."""
import asyncio
import json
import os
import signal
import sys
import time

import redis.asyncio as redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")


class Job:
    """A job that is being done."""

    def __init__(self, client, job_id, fields):
        self.redis = client
        self.id = job_id
        self.key = f"job:{job_id}"
        self.type = fields["type"]
        self.raw_data = fields["data"]
        self.mailbox = fields["mailbox"]
        self.ended = False

    @property
    def data(self):
        """The data of the job, stored as JSON."""
        return json.loads(self.raw_data)

    async def update(self, event, value="", **fields):
        """Change the job and tell its creator, in one transaction."""
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hset(self.key, mapping={**fields, "updated_at": time.time()})
            if self.ended:
                pipe.lrem(f"queue:{self.type}:active", 1, self.id)
            pipe.xadd(self.mailbox, {"job": self.id, "event": event, "value": value})
            pipe.expire(self.mailbox, 24 * 60 * 60)
            await pipe.execute()

    async def progress(self, done, total):
        """Report how much of the job is done."""
        percentage = done * 100 // total
        await self.update("progress", percentage, progress=percentage)

    async def done(self, error=None):
        """End the job: completed, or failed if there is an error."""
        if self.ended:
            return
        self.ended = True
        if error is None:
            await self.update("completed", state="completed", progress=100)
        else:
            await self.update("failed", str(error), state="failed", error=str(error))


class Queue:
    """The side of the queue that does the jobs.

    queue:NAME:waiting   list: ids of the jobs to do, the oldest on the right
    queue:NAME:active    list: ids of the jobs that are being done
    """

    def __init__(self):
        self.redis = redis.from_url(
            REDIS_URL,
            decode_responses=True,
            protocol=2,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self.stopping = False

    def stop(self):
        """Take no more jobs; those at work go on to their end."""
        self.stopping = True

    async def process(self, name, concurrency, handler):
        """Call the handler for each job, until stop() is called."""
        await asyncio.gather(*(self.work(name, handler) for _ in range(concurrency)))
        await self.redis.aclose()

    async def work(self, name, handler):
        """Do one job after the other."""
        while not self.stopping:
            try:
                # A short wait, to see in time that we must stop.
                job_id = await self.redis.blmove(
                    f"queue:{name}:waiting", f"queue:{name}:active", 1, "RIGHT", "LEFT"
                )
                if job_id is not None:
                    await self.run(name, job_id, handler)
            except (ConnectionError, TimeoutError) as error:
                print(f"Waiting for Redis: {error}", file=sys.stderr, flush=True)
                await asyncio.sleep(1)

    async def run(self, name, job_id, handler):
        """Do one job."""
        fields = await self.redis.hgetall(f"job:{job_id}")
        if not fields:  # somebody deleted the job
            await self.redis.lrem(f"queue:{name}:active", 1, job_id)
            return
        job = Job(self.redis, job_id, fields)
        await self.redis.hset(job.key, "state", "active")
        try:
            await handler(job, job.done)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            await job.done(error)


BLACKLISTED_NUMBERS = ["4153518780", "4153518781"]


async def send_notification(phone_number, message, job, done):
    """Send a notification, unless the number is blacklisted."""
    await job.progress(0, 100)
    if phone_number in BLACKLISTED_NUMBERS:
        await done(Exception(f"Phone number {phone_number} is blacklisted"))
        return
    await job.progress(50, 100)
    print(
        f"Sending notification to {phone_number}, with message: {message}", flush=True
    )
    await done()


async def handle(job, done):
    """Do one job."""
    await send_notification(job.data["phoneNumber"], job.data["message"], job, done)


async def main():
    queue = Queue()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, queue.stop)
    await queue.process("push_notification_code_2", 2, handle)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
