#!/usr/bin/env python3
import os
import signal
import time

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry


def create_client():
    """Connect, and try again for as long as it takes."""
    client = Redis.from_url(
        os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )
    delay = 0.2
    while True:
        try:
            client.ping()
        except RedisError as error:
            print("Redis client not connected to the server: Error:", error, flush=True)
            time.sleep(delay)
            delay = min(delay * 1.7, 5)
        else:
            print("Redis client connected to the server", flush=True)
            return client


client = create_client()


def quote(text):
    return repr(text)


def show(schools):
    print("{")
    last = len(schools) - 1
    for place, (name, value) in enumerate(schools.items()):
        plain = name.isascii() and name.isidentifier()
        comma = "," if place < last else ""
        print(f"  {name if plain else quote(name)}: {quote(value)}{comma}")
    print("}", flush=True)


for name, value in [
    ("Portland", 50),
    ("Seattle", 80),
    ("New York", 20),
    ("Bogota", 20),
    ("Cali", 40),
    ("Paris", 2),
]:
    print("Reply:", client.hset("HolbertonSchools", name, value))
show(client.hgetall("HolbertonSchools"))
signal.pause()
