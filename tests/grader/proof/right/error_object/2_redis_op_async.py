import asyncio
import os
import sys

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


async def connect():
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    client = redis.from_url(url, retry=Retry(NoBackoff(), 0))
    while True:
        try:
            await client.ping()
        except redis.ConnectionError as error:
            why = f"there is no answer from {url}, because of {error!r}"
            print(f"Redis client not connected to the server: {why}", flush=True)
            print("waiting...", file=sys.stderr)
            await asyncio.sleep(1)
        else:
            print("Redis client connected to the server", flush=True)
            return client


async def main():
    client = await connect()

    async def set_new_school(school_name, value):
        await client.set(school_name, value)
        print("Reply: OK", flush=True)

    async def display_school_value(school_name):
        print(str(await client.get(school_name), "utf-8"), flush=True)

    await display_school_value("Holberton")
    await set_new_school("HolbertonSanFrancisco", "100")
    await display_school_value("HolbertonSanFrancisco")
    await client.aclose()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(130)
