"""Task 5 of the course, the publisher: send messages on a channel, each after a delay.

Redis does not store messages: only clients that are subscribed at that moment get them. So start
5_subscriber.py first.
"""

import os
import sched
import signal
import sys
from time import sleep

import redis

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


def publish_message(message, time):
    """Schedule the message to be published in `time` milliseconds. Return immediately."""

    def send():
        print(f"About to send {message}")
        client.publish("holberton school channel", message)

    # Delay in seconds, priority (all have the same), function.
    scheduler.enter(time / 1000, 1, send)


connect()
scheduler = sched.scheduler()  # in place of Node's setTimeout

publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)  # the subscriber has quit by then
try:
    scheduler.run()  # run each function when its delay is over; in Node, the event loop does that
except redis.RedisError as error:  # for example, the connection was lost
    print(f"Redis client not connected to the server: Error: {reason(error)}")
    sys.exit(1)
