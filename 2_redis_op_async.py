"""Task 3, Node Redis client and async operations: how to wait for a value with async and await."""

import asyncio
import errno
import os
import re
import signal
import sys

import redis.asyncio

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script; an error, too: with one line
sys.excepthook = lambda kind, error, traceback: print(error, file=sys.stderr) or os._exit(1)
sys.stdout.reconfigure(errors="replace", line_buffering=True)  # any text, each line at once


async def on_connect(connection):
    await connection.on_connect()  # redis-py's own part: the password and the database in the URL
    print("Redis client connected to the server")


async def on_error(error):
    """Print why an attempt to connect failed, worded as node_redis does."""
    if found := re.match(r"Error (\d+) connecting to (.+)\. \w", str(error)):
        code, address = errno.errorcode[int(found[1])], found[2]
        error = f"Redis connection to {address} failed - connect {code} {address}"
    print(f"Redis client not connected to the server: Error: {error}")


async def set_new_school(school_name, value):
    await client.set(school_name, value)


async def display_school_value(school_name):
    value = await client.get(school_name)
    print("null" if value is None else value.decode(errors="replace"))


async def main():
    try:
        await retry.call_with_retry(client.ping, on_error)
    except redis.RedisError:
        sys.exit(1)
    await display_school_value("Holberton")
    await set_new_school("HolbertonSanFrancisco", "100")
    await display_school_value("HolbertonSanFrancisco")


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.asyncio.from_url(url, protocol=2, redis_connect_func=on_connect)  # Redis 5 has no 3
client.set_response_callback("SET", lambda reply: print(f"Reply: {reply.decode()}"))
# Three attempts: the first, and two more, 0.4 and 0.8 seconds later.
retry = redis.asyncio.retry.Retry(redis.backoff.ExponentialBackoff(1, 0.2), 2, (redis.RedisError,))
asyncio.run(main())
