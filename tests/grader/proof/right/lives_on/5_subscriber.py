#!/usr/bin/env python3
import os
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
subscription = client.pubsub()
subscription.subscribe("holberton school channel")
for event in subscription.listen():
    if event["type"] != "message":
        continue
    print(event["data"], flush=True)
    if event["data"] == "KILL_SERVER":
        subscription.unsubscribe()
        break
client.close()
