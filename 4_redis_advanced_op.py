"""Task 4, Node Redis client and advanced operations: how to store a hash, and read it whole."""

import errno
import os
import re
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


def quote(text):
    """Return the text as Node shows a string in an object: in quotes, and on one line."""
    mark = next((mark for mark in "'\"`" if mark not in text), "'")
    escapes = {code: f"\\x{code:02X}" for code in (*range(0x20), *range(0x7F, 0xA0))}
    escapes |= {ord(c): f"\\{e}" for c, e in zip("\b\t\n\f\r\\" + mark, "btnfr\\" + mark)}
    return mark + text.translate(escapes) + mark


def console_log(reply):
    """Print the reply to HGETALL, names and values in turn, as Node shows an object this long."""
    texts = [text.decode(errors="replace") for text in reply]
    names = [n if re.fullmatch(r"[A-Za-z_]\w*", n, re.ASCII) else quote(n) for n in texts[::2]]
    fields = [f"  {name}: {quote(value)}" for name, value in zip(names, texts[1::2])]
    print("{", ",\n".join(fields), "}", sep="\n")


url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2, redis_connect_func=on_connect)  # Redis 5 has no 3
client.set_response_callback("HSET", lambda reply: print(f"Reply: {reply}"))
client.set_response_callback("HGETALL", console_log)
# Three attempts: the first, and two more, 0.4 and 0.8 seconds later.
retry = redis.retry.Retry(redis.backoff.ExponentialBackoff(1, 0.2), 2, (redis.RedisError,))
try:
    retry.call_with_retry(client.ping, on_error)
except redis.RedisError:
    sys.exit(1)

schools = {"Portland": 50, "Seattle": 80, "New York": 20, "Bogota": 20, "Cali": 40, "Paris": 2}
for school, value in schools.items():
    client.hset("HolbertonSchools", school, value)
client.hgetall("HolbertonSchools")
