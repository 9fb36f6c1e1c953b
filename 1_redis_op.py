"""Task 2, Node Redis client and basic operations: how to set and get a value, with callbacks."""

import errno
import os
import re
import signal
import sys

import redis

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script; an error, too: with one line
sys.excepthook = lambda kind, error, traceback: print(error, file=sys.stderr) or os._exit(1)
sys.stdout.reconfigure(errors="replace", line_buffering=True)  # any text, each line at once


def on_connect(connection):
    connection.on_connect()  # redis-py's own part: the password and the database in the URL
    print("Redis client connected to the server")


def on_error(error):
    """Print why an attempt to connect failed, worded as node_redis does."""
    if found := re.match(r"Error (\d+) connecting to (.+)\. \w", str(error)):
        code, address = errno.errorcode[int(found[1])], found[2]
        error = f"Redis connection to {address} failed - connect {code} {address}"
    print(f"Redis client not connected to the server: Error: {error}")


def set_new_school(school_name, value):
    client.set(school_name, value)


def display_school_value(school_name):
    client.get(school_name)


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2, redis_connect_func=on_connect)  # Redis 5 has no 3
# Each reply goes to its callback, not to the caller. The usual Python is value = client.get(key).
client.set_response_callback("SET", lambda reply: print(f"Reply: {reply.decode()}"))
client.set_response_callback(
    "GET", lambda value: print("null" if value is None else value.decode(errors="replace"))
)
# Three attempts: the first, and two more, 0.4 and 0.8 seconds later.
retry = redis.retry.Retry(redis.backoff.ExponentialBackoff(1, 0.2), 2, (redis.RedisError,))
try:
    retry.call_with_retry(client.ping, on_error)
except redis.RedisError:
    sys.exit(1)

display_school_value("Holberton")
set_new_school("HolbertonSanFrancisco", "100")
display_school_value("HolbertonSanFrancisco")
