import os
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


def set_new_school(school_name, value):
    reply = client.set(school_name, value)
    print("Reply: OK" if reply else f"Reply: {reply}")


def display_school_value(school_name):
    print(client.get(school_name))


display_school_value("Holberton")
set_new_school("HolbertonSanFrancisco", "100")
display_school_value("HolbertonSanFrancisco")
