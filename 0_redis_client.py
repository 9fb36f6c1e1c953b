"""Task 1 of the course: connect to Redis, and report whether it worked."""

import os
import signal
import sys
from time import sleep

import redis

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script without a traceback
url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
# decode_responses=True: replies are str, not bytes.
# encoding_errors="replace": bytes that are not valid UTF-8 appear as �, and raise no error.
# protocol=2: redis-py's default is 3, which the course's Redis 5 does not know.
client = redis.from_url(url, decode_responses=True, encoding_errors="replace", protocol=2)
# So far nothing is connected. The first command connects.


def reason(error):
    """Word a refused connection as node_redis does, and any other error as redis-py does."""
    # redis-py catches the operating system's error and raises its own. Python keeps the one that
    # was caught in __context__.
    if not isinstance(error.__context__, ConnectionRefusedError):
        return error
    # error reads "Error 111 connecting to HOST:PORT. Connection refused."
    address = str(error).split()[4].removesuffix(".")
    return f"Redis connection to {address} failed - connect ECONNREFUSED {address}"


def connect():
    """Report whether Redis answers. After three failures, exit with status 1."""
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


connect()
