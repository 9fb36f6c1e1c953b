#!/usr/bin/env python3
"""Task 5: say four things on a channel, each at its time."""
import asyncio
import os
import sys
from functools import partial

import redis.asyncio as redis

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
CHANNEL = "holberton school channel"

log = partial(print, flush=True)


async def publish_message(client: redis.Redis, message: str, time: int) -> None:
    """After time milliseconds, publish message on CHANNEL."""
    await asyncio.sleep(time / 1000)
    log(f"About to send {message}")
    await client.publish(CHANNEL, message)


async def main() -> None:
    """Start the four messages together; each waits for its own time."""
    client = redis.Redis.from_url(REDIS_URL, decode_responses=True)
    try:
        async with client:
            await client.ping()
            log("Redis client connected to the server")
            await asyncio.gather(
                publish_message(client, "Holberton Student #1 starts course", 100),
                publish_message(client, "Holberton Student #2 starts course", 200),
                publish_message(client, "KILL_SERVER", 300),
                publish_message(client, "Holberton Student #3 starts course", 400),
            )
    except redis.RedisError as error:
        log(f"Redis client not connected to the server: {error}")
        sys.exit(1)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
