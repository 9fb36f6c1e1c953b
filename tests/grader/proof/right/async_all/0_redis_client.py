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


async def main():
    await connect()
    await client.aclose()


asyncio.run(main())
