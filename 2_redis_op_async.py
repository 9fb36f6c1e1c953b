"""Task 3 of the course: set and get a value with async and await."""

import asyncio
import os
import signal
import sys

import redis.asyncio as redis

# Copied from 0_redis_client.py, up to the end of connect(), with async and await added. The three
# functions after it are those of 1_redis_op.py.
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script without a traceback
# Set the environment variable REDIS_URL to use a Redis at another address.
url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
# decode_responses=True: replies are str, not bytes.
# encoding_errors="replace": bytes that are not valid UTF-8 are shown as � and raise no error.
# protocol=2: redis-py uses version 3 of the Redis protocol by default. Redis 5.0.7, on which the
# course runs, knows only version 2.
# from_url does not connect yet. The first command does.
client = redis.from_url(url, decode_responses=True, encoding_errors="replace", protocol=2)


def reason(error):
    """Return the text that node_redis, the course's library, prints if a connection is refused.

    Return any other error unchanged.
    """
    # redis-py catches the operating system's error and raises its own. Python keeps the original
    # error in the new one's __context__.
    if not isinstance(error.__context__, ConnectionRefusedError):
        return error
    # The error's text begins with "Error 111 connecting to HOST:PORT." (On Linux it is 111.)
    address = str(error).split()[4].removesuffix(".")
    return f"Redis connection to {address} failed - connect ECONNREFUSED {address}"


async def connect():
    """Try to reach Redis, three times at most, and report each try. Exit if all of them fail."""
    # flush=True shows a line as soon as it is printed, even if the output is a file or a pipe.
    for _ in range(3):
        try:
            await client.ping()
        except redis.RedisError as error:
            print(f"Redis client not connected to the server: Error: {reason(error)}", flush=True)
            await asyncio.sleep(0.5)  # unlike time.sleep, it lets other functions run
        else:
            print("Redis client connected to the server", flush=True)
            return
    sys.exit(1)


def redis_print(reply):
    """Print a reply as node_redis's redis.print does. (redis-py returns True for the reply OK.)"""
    print(f"Reply: {'OK' if reply is True else reply}", flush=True)


async def set_new_school(school_name, value):
    redis_print(await client.set(school_name, value))


async def display_school_value(school_name):
    value = await client.get(school_name)
    print("null" if value is None else value, flush=True)  # Node prints null for a missing key


async def main():  # because await works only inside an async function
    await connect()
    await display_school_value("Holberton")
    await set_new_school("HolbertonSanFrancisco", "100")
    await display_school_value("HolbertonSanFrancisco")
    await client.aclose()  # redis.asyncio does not close by itself, and Python can warn of that


asyncio.run(main())  # start main() and wait until it ends
