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
pubsub = client.pubsub(ignore_subscribe_messages=True)
pubsub.subscribe("holberton school channel")
while pubsub.subscribed:
    event = pubsub.get_message(timeout=0.1)
    if event is None:
        continue
    text = event["data"].decode()
    print(text, flush=True)
    if text == "KILL_SERVER":
        pubsub.unsubscribe()
        sys.exit()
