#!/usr/bin/env python3
"""Task 3: the same as task 2, with async / await."""
import asyncio
import os
import sys
from functools import partial
from typing import Any

import redis.asyncio as redis

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")

log = partial(print, flush=True)


def redis_print(reply: Any) -> None:
    """redis.print of node_redis: redis-py turns the OK of SET into True."""
    log(f"Reply: {'OK' if reply is True else reply}")


async def connect() -> redis.Redis:
    """Return a connected client, or end the script with the error."""
    client = redis.Redis.from_url(REDIS_URL, decode_responses=True)
    try:
        await client.ping()
    except redis.RedisError as error:
        log(f"Redis client not connected to the server: {error}")
        sys.exit(1)
    log("Redis client connected to the server")
    return client


async def set_new_school(client: redis.Redis, school_name: str, value: str) -> None:
    """Store value under school_name and show the reply."""
    redis_print(await client.set(school_name, value))


async def display_school_value(client: redis.Redis, school_name: str) -> None:
    """Show the value of school_name."""
    log(await client.get(school_name))


async def main() -> None:
    """Do the three calls of the course, one after the other."""
    client = await connect()
    async with client:
        await display_school_value(client, "Holberton")
        await set_new_school(client, "HolbertonSanFrancisco", "100")
        await display_school_value(client, "HolbertonSanFrancisco")


if __name__ == "__main__":
    asyncio.run(main())
