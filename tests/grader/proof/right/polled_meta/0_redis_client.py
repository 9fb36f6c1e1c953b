#!/usr/bin/env python3
"""Task 1: connect to Redis and say whether it worked."""
import os
import sys
from functools import partial

import redis

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")

log = partial(print, flush=True)


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


if __name__ == "__main__":
    connect()
