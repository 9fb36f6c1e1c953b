"""Task 5, Node Redis client publisher and subscriber: how to subscribe to a channel."""

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


def on_message(event):
    """Print a message of the channel; `KILL_SERVER` ends the subscription, and so the script."""
    message = event["data"].decode(errors="replace")
    print(message)
    if message == "KILL_SERVER":
        subscription.unsubscribe()


def listen():
    subscription.close()  # forget an earlier attempt that failed
    subscription.subscribe(**{"holberton school channel": on_message})
    for _ in subscription.listen():  # calls on_message, and ends once we have unsubscribed
        pass


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2, redis_connect_func=on_connect)  # Redis 5 has no 3
subscription = client.pubsub()
retry = redis.retry.Retry(redis.backoff.ConstantBackoff(1), -1, (redis.RedisError,))  # -1: for ever
retry.call_with_retry(listen, on_error)
