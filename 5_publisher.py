"""Task 5, Node Redis client publisher and subscriber: how to publish on a channel, with delays."""

import errno
import os
import re
import sched
import sys
from time import sleep

import redis  # from here to the end of connect: as in 0_redis_client.py


def reason(error):
    """Make Node's "... connect ECONNREFUSED HOST" of "Error 111 connecting to HOST. ..."."""
    m = re.match(r"Error (\d+) connecting to (.+)\. ", str(error))
    if not m:  # another error, such as a wrong password
        return error
    return f"Redis connection to {m[2]} failed - connect {errno.errorcode[int(m[1])]} {m[2]}"


def connect(url):
    """Return a client whose replies are text, or end the script. A Redis 5 needs protocol 2."""
    client = redis.from_url(url, decode_responses=True, encoding_errors="replace", protocol=2)
    for pause in 0.5, 0.5, 0:
        try:
            client.ping()  # the first command connects; from_url alone does not
        except redis.RedisError as error:
            print(f"Redis client not connected to the server: Error: {reason(error)}", flush=True)
            sleep(pause)
        else:
            print("Redis client connected to the server", flush=True)  # at once, even in a pipe
            return client
    sys.exit(1)


def publish_message(message, time):
    """Print and publish the message `time` milliseconds from now. Returns at once."""

    def send():
        print(f"About to send {message}", flush=True)
        client.publish("holberton school channel", message)

    timers.enter(time / 1000, 1, send)  # seconds; 1 is the priority, for two at the same time


client = connect(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379")
timers = sched.scheduler()  # stands in for Node's setTimeout

publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)  # too late for the subscriber
timers.run()  # calls each send when its time has come; Node does this without being asked
