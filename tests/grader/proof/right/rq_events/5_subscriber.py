#!/usr/bin/env python3
"""Subscribe to the channel."""
import redis

from helpers import connect, create_client, log, quit_on_ctrl_c

CHANNEL = "holberton school channel"

quit_on_ctrl_c()
client = create_client()
pubsub = client.pubsub()


def listen():
    pubsub.subscribe(CHANNEL)
    for item in pubsub.listen():
        if item["type"] != "message":
            continue
        log(item["data"])
        if item["data"] == "KILL_SERVER":
            pubsub.unsubscribe(CHANNEL)
            break


while True:
    connect(client)
    try:
        listen()
        break
    except redis.RedisError:
        pubsub = client.pubsub()

client.close()
