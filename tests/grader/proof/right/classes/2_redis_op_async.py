"""Schools in Redis, as a class with coroutines."""

import asyncio
import os

import redis.asyncio


class Schools:
    def __init__(self, url):
        self.redis = redis.asyncio.Redis.from_url(url)

    async def __aenter__(self):
        await self.redis.ping()
        print("Redis client connected to the server")
        return self

    async def __aexit__(self, *error):
        await self.redis.aclose()

    async def set_new_school(self, school_name, value):
        async with self.redis.pipeline(transaction=False) as pipe:
            [reply] = await pipe.set(school_name, value).execute()
        print(f"Reply: {'OK' if reply else 'not OK'}")

    async def display_school_value(self, school_name):
        value = await self.redis.get(school_name)
        print(value.decode() if value is not None else "null")


async def main():
    try:
        async with Schools(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")) as schools:
            await schools.display_school_value("Holberton")
            await schools.set_new_school("HolbertonSanFrancisco", "100")
            await schools.display_school_value("HolbertonSanFrancisco")
    except redis.ConnectionError as error:
        print(f"Redis client not connected to the server: {type(error).__name__}: {error}")


if __name__ == "__main__":
    asyncio.run(main())
