"""Task 4, Node Redis client and advanced operations: how to store a hash, and read it whole."""

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


def console_log(fields):
    """Print a dict as Node prints an object: a name has quotes only if it is no plain word."""
    names = [name if name.isascii() and name.isidentifier() else repr(name) for name in fields]
    lines = [f"  {name}: {value!r}" for name, value in zip(names, fields.values())]
    print("{", ",\n".join(lines), "}", sep="\n", flush=True)


client = connect(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379")

schools = {"Portland": 50, "Seattle": 80, "New York": 20, "Bogota": 20, "Cali": 40, "Paris": 2}
for school, value in schools.items():
    redis_print(client.hset("HolbertonSchools", school, value))  # 1: a new field, 0: an old one
console_log(client.hgetall("HolbertonSchools"))
