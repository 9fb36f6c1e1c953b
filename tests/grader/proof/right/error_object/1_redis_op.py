import os
import sys
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def connect():
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    while True:
        client = redis.from_url(url, retry=Retry(NoBackoff(), 0))
        try:
            client.ping()
        except redis.ConnectionError as error:
            print(f"Redis client not connected to the server: {error!r}", flush=True)
            print("waiting...", file=sys.stderr)
            time.sleep(1)
            continue
        print("Redis client connected to the server", flush=True)
        return client


client = connect()


def print_reply(reply):
    if reply is True:
        reply = "OK"
    sys.stdout.write(f"Reply: {reply}\n")


def set_new_school(school_name, value):
    print_reply(client.set(school_name, value))


def display_school_value(school_name):
    value = client.get(school_name)
    sys.stdout.write(f"{str(value, 'utf-8')}\n")


display_school_value("Holberton")
set_new_school("HolbertonSanFrancisco", "100")
display_school_value("HolbertonSanFrancisco")
