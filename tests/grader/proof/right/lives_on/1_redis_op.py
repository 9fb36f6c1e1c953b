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


def redis_print(reply):
    print("Reply:", "OK" if reply is True else reply, flush=True)


def set_new_school(school_name, value, callback=redis_print):
    callback(client.set(school_name, value))


def display_school_value(school_name, callback=print):
    callback(client.get(school_name), flush=True)


display_school_value("Holberton")
set_new_school("HolbertonSanFrancisco", "100")
display_school_value("HolbertonSanFrancisco")
signal.pause()
