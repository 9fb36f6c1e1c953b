#!/usr/bin/env python3
"""Task 5: show what is said on a channel until it says KILL_SERVER."""
import asyncio
import os
import sys
from functools import partial

import redis.asyncio as redis

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
CHANNEL = "holberton school channel"

log = partial(print, flush=True)


async def subscribe(client: redis.Redis) -> None:
    """Show each message of CHANNEL; leave after KILL_SERVER."""
    async with client.pubsub() as pubsub:
        await pubsub.subscribe(CHANNEL)
        log("Redis client connected to the server")
        async for message in pubsub.listen():
            match message:
                case {"type": "message", "data": text}:
                    log(text)
                    if text == "KILL_SERVER":
                        await pubsub.unsubscribe(CHANNEL)
                        return


async def main() -> None:
    """Listen as long as there is a server and nobody says KILL_SERVER."""
    # no time limit on the socket: a channel may be quiet for hours
    client = redis.Redis.from_url(REDIS_URL, decode_responses=True, socket_timeout=None)
    try:
        async with client:
            await subscribe(client)
    except redis.RedisError as error:
        log(f"Redis client not connected to the server: {error}")
        sys.exit(1)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
