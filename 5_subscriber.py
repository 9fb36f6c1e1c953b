"""Task 5, Node Redis client publisher and subscriber: how to subscribe to a channel."""

import errno
import os
import re
import signal
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


signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script, without Python's traceback
client = connect(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379")
client.set_retry(redis.retry.Retry(redis.backoff.ConstantBackoff(1), 30))  # tries for 30 s

subscription = client.pubsub()
subscription.subscribe("holberton school channel")
for event in subscription.listen():  # an event is a message, or says that we have subscribed
    if event["type"] == "message":
        print(event["data"], flush=True)
        if event["data"] == "KILL_SERVER":
            subscription.unsubscribe()
            break
