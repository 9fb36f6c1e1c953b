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
for text in "Portland=50", "Seattle=80", "New York=20", "Bogota=20", "Cali=40", "Paris=2":
    print("Reply:", client.hset("HolbertonSchools", *text.split("=")))

shown = "{"
separator = "\n"
for name, value in client.hgetall("HolbertonSchools").items():
    name, value = name.decode(), value.decode()
    if not (name.isidentifier() and name.isascii()):
        name = repr(name)
    shown += f"{separator}  {name}: {value!r}"
    separator = ",\n"
print(shown + "\n}", flush=True)
