"""What all scripts share: the Redis client, the console, and waiting for a server that is away."""
import errno
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

url = urlsplit(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379")
HOST, PORT = url.hostname or "127.0.0.1", url.port or 6379
db = redis.Redis(host=HOST, port=PORT, db=int(url.path.strip("/") or 0), username=url.username,
                 password=url.password, ssl=url.scheme == "rediss", decode_responses=True,
                 encoding_errors="replace", retry=Retry(ConstantBackoff(.1), 1))
stop = threading.Event()   # set by a script whose threads are to end
line = ThreadPoolExecutor(1)   # one thread: commands and their callbacks keep their order
console = {"greet": True, "up": False}


def say(line):
    sys.stdout.write(f"{'null' if line is None else line}\n")
    sys.stdout.flush()


def reason(error):
    """The error in the words of node_redis."""
    chain = error
    while chain and not isinstance(chain, OSError):
        chain = chain.__cause__ or chain.__context__
    code = errno.errorcode.get(getattr(chain, "errno", None))
    return f"Error: Redis connection to {HOST}:{PORT} failed - " + (
        f"connect {code} {HOST}:{PORT}" if code else str(error))


def ask(command, *args, **kw):
    """Give a command to Redis; as long as the server is away, say so and try again."""
    while True:
        try:
            reply = command(*args, **kw)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            console["up"] = False
            say(f"Redis client not connected to the server: {reason(error)}")
            if stop.wait(.5):
                sys.exit()
            continue
        if not console["up"]:
            console["up"] = True
            console["greet"] and say("Redis client connected to the server")
        return reply


def send(callback, command, *args):
    """ask() in node's manner: returns at once, then calls callback(error, reply)."""
    line.submit(ask, command, *args).add_done_callback(
        lambda future: callback(future.exception(), None if future.exception() else future.result()))


def connect():
    ask(db.ping)
    return db


def stay():
    """Keep the connection, as node does, until SIGINT."""
    while not stop.wait(.5):
        ask(db.ping)


def show(error, reply):
    """redis.print"""
    say(f"Error: {error}" if error else f"Reply: {'OK' if reply is True else reply}")
