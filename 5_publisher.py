"""Task 5 of the course, the publisher: send messages on a channel, each after a delay."""

import os
import sched
import signal
import sys
from time import sleep

import redis

# Copied from 0_redis_client.py, up to the end of connect().
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


def connect():
    """Try to reach Redis, three times at most, and report each try. Exit if all of them fail."""
    # flush=True shows a line as soon as it is printed, even if the output is a file or a pipe.
    for _ in range(3):
        try:
            client.ping()
        except redis.RedisError as error:
            print(f"Redis client not connected to the server: Error: {reason(error)}", flush=True)
            sleep(0.5)  # seconds, in case the server is just starting
        else:
            print("Redis client connected to the server", flush=True)
            return
    sys.exit(1)


def publish_message(message, time):
    """Schedule the message to be published in `time` milliseconds. Return immediately."""

    def send():
        print(f"About to send {message}", flush=True)
        client.publish("holberton school channel", message)

    timers.enter(time / 1000, 1, send)  # delay in seconds, priority (all have the same), function


connect()
timers = sched.scheduler()  # in place of Node's setTimeout

publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)  # the subscriber has quit by then
timers.run()  # wait for each delay and call its function; in Node, the event loop does so
