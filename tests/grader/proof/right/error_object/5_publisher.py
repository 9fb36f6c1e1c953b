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
start = time.monotonic()
queue = []


def publish_message(message, ms):
    queue.append((start + ms / 1000, message))


publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)

for when, message in sorted(queue):
    time.sleep(max(0, when - time.monotonic()))
    print("About to send", message, flush=True)
    client.publish("holberton school channel", message)
