import asyncio
import os
import sys
from urllib.parse import urlparse

import redis.asyncio as redis

url = urlparse(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
client = redis.Redis(host=url.hostname, port=url.port or 6379, decode_responses=True)


async def set_new_school(school_name, value):
    reply = await client.set(school_name, value)
    print("Reply: OK" if reply else f"Reply: {reply}")


async def display_school_value(school_name):
    print(await client.get(school_name))


async def main():
    try:
        await client.ping()
    except redis.ConnectionError as error:
        print(f"Redis client not connected to the server: {error}")
        sys.exit(1)
    print("Redis client connected to the server")
    await display_school_value("Holberton")
    await set_new_school("HolbertonSanFrancisco", "100")
    await display_school_value("HolbertonSanFrancisco")
    await client.aclose()


asyncio.run(main())
