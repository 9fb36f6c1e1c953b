#!/usr/bin/env python3
"""Task 4: store a hash field by field, then show it as Node shows an object."""
import os
import re
import sys
from functools import partial
from typing import Any

import redis

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
HASH_KEY = "HolbertonSchools"
SCHOOLS: dict[str, int] = {
    "Portland": 50,
    "Seattle": 80,
    "New York": 20,
    "Bogota": 20,
    "Cali": 40,
    "Paris": 2,
}

log = partial(print, flush=True)


def redis_print(reply: Any) -> None:
    """redis.print of node_redis: redis-py turns the OK of SET into True."""
    log(f"Reply: {'OK' if reply is True else reply}")


def node_object(mapping: dict[str, str]) -> str:
    """Write a flat dict the way console.log writes it, a field a line."""

    def name(key: str) -> str:
        return key if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else f"'{key}'"

    fields = (f"  {name(key)}: '{value}'" for key, value in mapping.items())
    return "{\n" + ",\n".join(fields) + "\n}"


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


def create_hash(client: redis.Redis) -> None:
    """One HSET for each school, each with its reply."""
    for school, value in SCHOOLS.items():
        redis_print(client.hset(HASH_KEY, school, value))


def display_hash(client: redis.Redis) -> None:
    """Show the whole hash."""
    log(node_object(client.hgetall(HASH_KEY)))


if __name__ == "__main__":
    redis_client = connect()
    create_hash(redis_client)
    display_hash(redis_client)
