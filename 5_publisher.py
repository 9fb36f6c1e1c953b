"""Task 5, Node Redis client publisher and subscriber: how to publish on a channel, on time."""

import errno
import os
import re
import sched
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


def publish_message(message, time):
    """Plan to print and publish the message, `time` milliseconds from now. Returns at once."""

    def send():
        print(f"About to send {message}")
        client.publish("holberton school channel", message)

    timers.enter(time / 1000, 1, send)  # 1 is the priority


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2, redis_connect_func=on_connect)  # Redis 5 has no 3
timers = sched.scheduler()  # stands in for Node's setTimeout
# Three attempts: the first, and two more, 0.4 and 0.8 seconds later.
retry = redis.retry.Retry(redis.backoff.ExponentialBackoff(1, 0.2), 2, (redis.RedisError,))
try:
    retry.call_with_retry(client.ping, on_error)
except redis.RedisError:
    sys.exit(1)

publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)
timers.run()  # Node does this by itself at the end of a script
