"""Task 2, Node Redis client and basic operations: how to set and get a value."""

import errno
import os
import re
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


def redis_print(reply):
    print(f"Reply: {'OK' if reply is True else reply}", flush=True)  # redis-py turns OK into True


def set_new_school(school_name, value):
    redis_print(client.set(school_name, value))


def display_school_value(school_name):
    value = client.get(school_name)
    print("null" if value is None else value, flush=True)  # Node prints null for no value


client = connect(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379")

display_school_value("Holberton")
set_new_school("HolbertonSanFrancisco", "100")
display_school_value("HolbertonSanFrancisco")
