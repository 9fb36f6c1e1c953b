"""A small job queue on Redis streams.

Keys (prefix "q", from config.json):
  q:ids                    the counter of the job ids, one for all queues
  q:NAME:job:ID            the job, as JSON
  q:NAME:stream            the ids to process, read by a consumer group
  q:NAME:events            what happens to the jobs; a creator reads on from the entry that
                           was the last one before its first job, so that it misses nothing
"""
import asyncio
import json
import os
import socket
import sys
from typing import Any, Awaitable, Callable, Optional

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from emitter import Emitter
from settings import CONFIG, new_redis, reconnect_delays

LOST = (RedisConnectionError, RedisTimeoutError, OSError)
OPTIONS: dict[str, Any] = CONFIG["queue"]

Done = Callable[..., None]
Processor = Callable[["Job", Done], Awaitable[None]]


class Job(Emitter):
    """Events, each with the job first: enqueue, progress (completed, total), complete, failed (message)."""

    def __init__(self, queue: "Queue", name: str, data: dict[str, Any], job_id: int = 0) -> None:
        super().__init__()
        self.queue = queue
        self.name = name
        self.data = data
        self.id = job_id
        self.state = "inactive"
        self.completed: int = 0
        self.total: int = 100
        self.error: Optional[str] = None

    def to_json(self) -> str:
        return json.dumps({
            "id": self.id,
            "type": self.name,
            "data": self.data,
            "state": self.state,
            "progress": [self.completed, self.total],
            "error": self.error,
        })

    async def save(self) -> "Job":
        await self.queue.ready()
        await self.queue.watch(self.name)
        self.id = await self.queue.redis.incr(f"{self.queue.prefix}:ids")
        async with self.queue.redis.pipeline(transaction=True) as pipe:
            pipe.set(self.queue.key(self.name, "job", self.id), self.to_json())
            pipe.xadd(self.queue.key(self.name, "stream"), {"job": self.id})
            await pipe.execute()
        self.queue.mine[self.id] = self
        self.emit("enqueue", self)
        return self

    async def update(self, event: Optional[str] = None, *args: Any) -> None:
        """Store the job and, with it, tell its creator."""
        async with self.queue.redis.pipeline(transaction=True) as pipe:
            pipe.set(self.queue.key(self.name, "job", self.id), self.to_json())
            if event:
                pipe.xadd(
                    self.queue.key(self.name, "events"),
                    {"job": self.id, "event": event, "args": json.dumps(args)},
                    maxlen=OPTIONS["events_kept"],
                )
            await pipe.execute()

    async def progress(self, completed: int, total: int) -> None:
        self.completed, self.total = completed, total
        await self.update("progress", completed, total)


class Queue:
    def __init__(self) -> None:
        self.redis = new_redis()
        self.prefix: str = OPTIONS["prefix"]
        self.mine: dict[int, Job] = {}
        self._cursors: dict[str, str] = {}
        self._workers: list[tuple[str, int, str, Processor]] = []

    def key(self, name: str, *rest: Any) -> str:
        return ":".join([self.prefix, name, *map(str, rest)])

    async def ready(self) -> None:
        """Wait for Redis."""
        for delay in reconnect_delays():
            try:
                await self.redis.ping()
                return
            except (RedisError, OSError) as error:
                print(f"Queue: {error}", file=sys.stderr, flush=True)
                await asyncio.sleep(delay)

    # creator's side

    def create(self, name: str, data: dict[str, Any]) -> Job:
        return Job(self, name, data)

    async def watch(self, name: str) -> None:
        if name not in self._cursors:
            last = await self.redis.xrevrange(self.key(name, "events"), count=1)
            self._cursors[name] = last[0][0] if last else "0-0"

    async def _listen(self) -> None:
        """Hand the events of our own jobs to their callbacks."""
        while True:
            streams = {self.key(name, "events"): cursor for name, cursor in self._cursors.items()}
            for stream, entries in await self.redis.xread(streams, block=OPTIONS["block_ms"]) or []:
                name = stream.removeprefix(f"{self.prefix}:").removesuffix(":events")
                for entry_id, fields in entries:
                    self._cursors[name] = entry_id
                    job = self.mine.get(int(fields["job"]))
                    if job is not None:
                        job.emit(fields["event"], job, *json.loads(fields["args"]))

    # processor's side

    def process(self, name: str, concurrency: int = 1, start: str = "0") -> Callable[[Processor], Processor]:
        """Register the processor of a queue. start: where a new group begins ("0": jobs that already wait, too)."""

        def register(processor: Processor) -> Processor:
            self._workers += [(name, number, start, processor) for number in range(concurrency)]
            return processor

        return register

    async def _group(self, name: str, start: str) -> None:
        try:
            await self.redis.xgroup_create(self.key(name, "stream"), OPTIONS["group"], id=start, mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _work(self, name: str, number: int, start: str, processor: Processor) -> None:
        stream, group = self.key(name, "stream"), OPTIONS["group"]
        consumer = f"{socket.gethostname()}-{os.getpid()}-{number}"
        await self._group(name, start)
        while True:
            try:
                got = await self.redis.xreadgroup(
                    group, consumer, {stream: ">"}, count=1, block=OPTIONS["block_ms"]
                )
                entries = got[0][1] if got else await self._stuck(stream, group, consumer)
            except ResponseError as error:
                if "NOGROUP" not in str(error) and "UNBLOCKED" not in str(error):
                    raise
                await self._group(name, start)
                continue
            for entry_id, fields in entries:
                if fields:
                    await self._perform(name, int(fields["job"]), processor)
                async with self.redis.pipeline(transaction=True) as pipe:
                    pipe.xack(stream, group, entry_id)
                    pipe.xdel(stream, entry_id)
                    await pipe.execute()

    async def _stuck(self, stream: str, group: str, consumer: str) -> list[Any]:
        """A job whose processor has died in the middle of it."""
        pending = await self.redis.xpending_range(stream, group, "-", "+", 10)
        for entry in pending:
            claimed = await self.redis.xclaim(
                stream, group, consumer, OPTIONS["stuck_ms"], [entry["message_id"]]
            )
            if claimed:
                return claimed
        return []

    async def _perform(self, name: str, job_id: int, processor: Processor) -> None:
        stored = await self.redis.get(self.key(name, "job", job_id))
        if stored is None:
            return
        job = Job(self, name, json.loads(stored)["data"], job_id)
        job.state = "active"
        await job.update()

        outcome: asyncio.Future[Optional[str]] = asyncio.get_running_loop().create_future()

        def done(error: Optional[Exception] = None) -> None:
            if not outcome.done():
                outcome.set_result(None if error is None else str(error))

        try:
            await processor(job, done)
        except LOST:
            raise
        except Exception as error:
            done(error)

        job.error = await outcome
        if job.error is None:
            job.state = "complete"
            await job.update("complete")
        else:
            job.state = "failed"
            await job.update("failed", job.error)

    async def _keep(self, part: Callable[..., Awaitable[None]], *args: Any) -> None:
        """Run a part of the queue over all losses of the connection."""
        while True:
            await self.ready()
            try:
                await part(*args)
            except LOST:
                pass

    async def run(self) -> None:
        parts = [self._keep(self._work, *worker) for worker in self._workers]
        if self._cursors:
            parts.append(self._keep(self._listen))
        await asyncio.gather(*parts)
