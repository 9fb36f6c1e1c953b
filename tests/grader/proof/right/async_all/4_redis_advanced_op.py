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


def node(text, is_name=False):
    if is_name and text.isidentifier() and text.isascii():
        return text
    for quote in "'\"`":
        if quote not in text:
            return quote + text.replace("\\", "\\\\").replace("\n", "\\n") + quote
    return repr(text)


async def main():
    if await connect():
        towns = ["Portland", "Seattle", "New York", "Bogota", "Cali", "Paris"]
        for town, value in zip(towns, ["50", "80", "20", "20", "40", "2"]):
            print("Reply:", await client.hset("HolbertonSchools", town, value), flush=True)
        stored = await client.hgetall("HolbertonSchools")
        fields = [f"  {node(name, True)}: {node(value)}" for name, value in stored.items()]
        print("{", ",\n".join(fields), "}", sep="\n", flush=True)
    await client.aclose()


asyncio.run(main())
