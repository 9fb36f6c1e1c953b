"""Task 5 of the course, the subscriber: print what others publish on a channel."""

import os
import signal
import sys
from time import sleep

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

# From here to the end of reason(): copied from 0_redis_client.py, where it is explained.
signal.signal(signal.SIGINT, signal.SIG_DFL)
sys.stdout.reconfigure(line_buffering=True, errors="replace")
url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
client = redis.from_url(url, decode_responses=True, encoding_errors="replace", protocol=2)


def connect():
    """Try to reach Redis, at most three times, and report each try. Exit if all of them fail."""
    for _ in range(3):
        try:
            client.ping()
        except redis.RedisError as error:
            print(f"Redis client not connected to the server: Error: {reason(error)}")
            sleep(0.5)
        else:
            print("Redis client connected to the server")
            return
    sys.exit(1)


def reason(error):
    """Return what to print about an error.

    That is node_redis's message if the connection was refused, or else the error itself.
    """
    if not isinstance(error.__context__, ConnectionRefusedError):
        return error
    settings = client.get_connection_kwargs()
    address = f"{settings.get('host', 'localhost')}:{settings.get('port', 6379)}"
    address = settings.get("path", address)
    return f"Redis connection to {address} failed - connect ECONNREFUSED {address}"


connect()
# Redis may restart while this script waits for messages. From now on, redis-py tries to connect
# again every second, up to 30 times; then it raises the error. (By default, a client made by
# from_url never tries again. That is why connect() was able to report each failure at once.)
client.set_retry(Retry(ConstantBackoff(1), 30))

# Without ignore_subscribe_messages, listen() would also yield Redis's reply to subscribe().
pubsub = client.pubsub(ignore_subscribe_messages=True)
try:
    pubsub.subscribe("holberton school channel")
    for message in pubsub.listen():  # waits for each message
        print(message["data"])
        if message["data"] == "KILL_SERVER":
            pubsub.unsubscribe()
            break  # without this, messages that have already arrived would still be printed
except redis.RedisError as error:  # for example, Redis was away for too long
    print(f"Redis client not connected to the server: Error: {reason(error)}")
    sys.exit(1)
client.close()  # the task's quit()
