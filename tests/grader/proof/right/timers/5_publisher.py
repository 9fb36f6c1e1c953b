import os
from threading import Timer

import redis

client = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))


def publish_message(message, time):
    def send():
        print("About to send " + message, flush=True)
        client.publish("holberton school channel", message)

    Timer(time / 1000, send).start()


try:
    client.ping()
except redis.ConnectionError as error:
    print("Redis client not connected to the server: " + str(error), flush=True)
else:
    print("Redis client connected to the server", flush=True)
    publish_message("Holberton Student #1 starts course", 100)
    publish_message("Holberton Student #2 starts course", 200)
    publish_message("KILL_SERVER", 300)
    publish_message("Holberton Student #3 starts course", 400)
