import os
import sched
import sys
from urllib.parse import urlparse

import redis

url = urlparse(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
client = redis.Redis(host=url.hostname, port=url.port or 6379, decode_responses=True)
try:
    client.ping()
    print("Redis client connected to the server")
except redis.exceptions.ConnectionError as error:
    print(f"Redis client not connected to the server: {error}")
    sys.exit(1)

scheduler = sched.scheduler()


def send(message):
    print("About to send", message)
    client.publish("holberton school channel", message)


def publish_message(message, time):
    scheduler.enter(time / 1000, 1, send, [message])


publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)
scheduler.run()
