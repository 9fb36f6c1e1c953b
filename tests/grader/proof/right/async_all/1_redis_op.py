import asyncio
import os

from redis.asyncio import ConnectionError, Redis

client = Redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True
)


async def connect():
    try:
        await client.ping()
        print("Redis client connected to the server", flush=True)
        return True
    except ConnectionError as error:
        print("Redis client not connected to the server:", error, flush=True)
        return False


async def set_new_school(school_name, value):
    if await client.set(school_name, value):
        print("Reply: OK", flush=True)


async def display_school_value(school_name):
    value = await client.get(school_name)
    print(value, flush=True)


async def main():
    if await connect():
        await display_school_value("Holberton")
        await set_new_school("HolbertonSanFrancisco", "100")
        await display_school_value("HolbertonSanFrancisco")
    await client.aclose()


loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
