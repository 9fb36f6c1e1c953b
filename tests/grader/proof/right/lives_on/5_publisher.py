#!/usr/bin/env python3
import os
import signal
import threading
import time

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry


def create_client():
    """Connect, and try again for as long as it takes."""
    client = Redis.from_url(
        os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )
    delay = 0.2
    while True:
        try:
            client.ping()
        except RedisError as error:
            print("Redis client not connected to the server: Error:", error, flush=True)
            time.sleep(delay)
            delay = min(delay * 1.7, 5)
        else:
            print("Redis client connected to the server", flush=True)
            return client


client = create_client()


def publish_message(message, ms):
    def later():
        time.sleep(ms / 1000)
        print("About to send", message, flush=True)
        client.publish("holberton school channel", message)

    threading.Thread(target=later).start()


publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)
signal.pause()
