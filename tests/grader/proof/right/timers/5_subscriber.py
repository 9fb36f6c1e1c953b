import os

import redis

client = redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True
)
pubsub = client.pubsub()


def handler(event):
    print(event["data"], flush=True)
    if event["data"] == "KILL_SERVER":
        pubsub.unsubscribe()
        thread.stop()


try:
    client.ping()
except redis.ConnectionError as error:
    print("Redis client not connected to the server: " + str(error), flush=True)
else:
    print("Redis client connected to the server", flush=True)
    pubsub.subscribe(**{"holberton school channel": handler})
    thread = pubsub.run_in_thread(sleep_time=0.05, daemon=True)
    thread.join()
