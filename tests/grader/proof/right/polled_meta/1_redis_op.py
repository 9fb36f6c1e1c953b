#!/usr/bin/env python3
"""Task 2: set and get a key; what to do with a reply is given as a callback."""
import os
import sys
from functools import partial
from typing import Any, Callable

import redis

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")

log = partial(print, flush=True)


def redis_print(reply: Any) -> None:
    """redis.print of node_redis: redis-py turns the OK of SET into True."""
    log(f"Reply: {'OK' if reply is True else reply}")


def connect() -> redis.Redis:
    """Return a connected client, or end the script with the error."""
    client = redis.Redis.from_url(REDIS_URL, decode_responses=True)
    try:
        client.ping()
    except redis.RedisError as error:
        log(f"Redis client not connected to the server: {error}")
        sys.exit(1)
    log("Redis client connected to the server")
    return client


def set_new_school(
    client: redis.Redis,
    school_name: str,
    value: str,
    callback: Callable[[Any], None] = redis_print,
) -> None:
    """Store value under school_name and hand the reply to callback."""
    callback(client.set(school_name, value))


def display_school_value(
    client: redis.Redis,
    school_name: str,
    callback: Callable[[Any], None] = log,
) -> None:
    """Hand the value of school_name to callback (by default: show it)."""
    callback(client.get(school_name))


if __name__ == "__main__":
    redis_client = connect()
    display_school_value(redis_client, "Holberton")
    set_new_school(redis_client, "HolbertonSanFrancisco", "100")
    display_school_value(redis_client, "HolbertonSanFrancisco")
