"""0x03, task 4: Node Redis client and advanced operations.

Teaches to store a hash with redis-py, a field at a time, and to read it back whole, with callbacks as in
`1_redis_op.py`. Prints the connection line, a reply for each field (1 if it is new, 0 if it was there), then the hash
as Node prints an object.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # first of all, so that ^C leaves no traceback even while modules load

import errno
import os
import re
import socket
import ssl
import sys
import time

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry


def end(kind, error, traceback):
    """End the script (sys.excepthook calls this) with one sentence on stderr, or none if stdout's reader has left."""
    if kind is not BrokenPipeError:
        print(f"{kind.__name__}: {error}", file=sys.stderr)
    os._exit(1)  # not sys.exit, which would write to the broken pipe once more


sys.excepthook = end
sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True, write_through=False)


def create_client(**options):
    """Return a client for the server at REDIS_URL, not connected yet; exit with status 2 if that is no such URL."""
    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
    try:
        client = Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), **options)
        client.connection_pool.make_connection()  # refuses an option that redis-py does not know
        if re.match(r"unix:|rediss?://[^/?]*(/\d*)?(\?|$)", url):  # redis-py takes any other database for number 0
            return client
    except (TypeError, ValueError):
        pass
    print("REDIS_URL is malformed: write redis://user:pass@host:port/db, rediss://... or unix://...", file=sys.stderr)
    sys.exit(2)


def connect(do, attempts=3, console=sys.stdout):
    """Return what do() returns once it gets through to the server; exit with status 1 if no attempt did.

    Prints a line on `console` for each attempt that failed, after which it waits longer (two seconds at the most).
    """
    pause = 0.2
    while True:
        try:
            result = do()
            print("Redis client connected to the server", file=console)
            return result
        except RedisError as error:
            print(f"Redis client not connected to the server: Error: {reason(error)}", file=console)
        attempts -= 1
        if attempts == 0:
            sys.exit(1)
        time.sleep(pause)
        pause = min(2, pause * 2)


def reason(error):
    """Return why an attempt failed, in node_redis's words where the operating system gave an errno."""
    cause, target = error.__context__, client.get_connection_kwargs()
    if isinstance(cause, OSError) and not isinstance(cause, (socket.gaierror, ssl.SSLError)) and cause.errno:
        address = target.get("path") or f"{target.get('host', 'localhost')}:{target.get('port', 6379)}"
        return f"Redis connection to {address} failed - connect {errno.errorcode[cause.errno]} {address}"
    return " ".join(str(error).split())


def redis_print(reply):
    """Print a reply as node_redis's redis.print does."""
    print(f"Reply: {reply}")


def console_log(reply):
    """Print the reply to HGETALL, names and values in turn, as Node's console.log prints an object."""
    print("{")
    fields = [
        f"  {name if re.fullmatch('[A-Za-z_][A-Za-z_0-9]*', name) else quote(name)}: {quote(value)}"
        for name, value in zip(reply[::2], reply[1::2])
    ]
    print(",\n".join(fields))
    print("}")


def quote(text):
    """Return text as Node quotes a string in an object: on one line, whatever it holds."""
    mark = next((mark for mark in "'\"`" if mark not in text), "'")
    hexadecimal = {code: f"\\x{code:02X}" for code in (*range(0x20), *range(0x7F, 0xA0))}
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\", mark: f"\\{mark}"}
    return mark + text.translate(hexadecimal | str.maketrans(short)) + mark


client = create_client(decode_responses=True, encoding_errors="replace")
connect(client.ping)

client.set_response_callback("HSET", redis_print)
client.hset("HolbertonSchools", "Portland", 50)
client.hset("HolbertonSchools", "Seattle", 80)
client.hset("HolbertonSchools", "New York", 20)
client.hset("HolbertonSchools", "Bogota", 20)
client.hset("HolbertonSchools", "Cali", 40)
client.hset("HolbertonSchools", "Paris", 2)

client.set_response_callback("HGETALL", console_log)
client.hgetall("HolbertonSchools")
