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


async def publish_message(message, time):
    await asyncio.sleep(time / 1000)
    print("About to send", message, flush=True)
    await client.publish("holberton school channel", message)


async def main():
    if await connect():
        await asyncio.gather(
            publish_message("Holberton Student #1 starts course", 100),
            publish_message("Holberton Student #2 starts course", 200),
            publish_message("KILL_SERVER", 300),
            publish_message("Holberton Student #3 starts course", 400),
        )
    await client.aclose()


asyncio.run(main())
