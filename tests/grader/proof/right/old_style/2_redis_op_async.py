import asyncio
import os
import sys

from redis.asyncio import Connection, ConnectionError
from redis.connection import parse_url

out = sys.stdout.write
url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")


async def command(connection, *words):
    await connection.send_command(*words)
    reply = await connection.read_response()
    return reply.decode("utf-8")


async def set_new_school(connection, school_name, value):
    out("Reply: %s\n" % await command(connection, "SET", school_name, value))


async def display_school_value(connection, school_name):
    out("%s\n" % await command(connection, "GET", school_name))


async def main():
    connection = Connection(**parse_url(url))
    try:
        await connection.connect()
    except ConnectionError as e:
        out(f"Redis client not connected to the server: {e}\n")
        return 1
    out("Redis client connected to the server\n")
    await display_school_value(connection, "Holberton")
    await set_new_school(connection, "HolbertonSanFrancisco", "100")
    await display_school_value(connection, "HolbertonSanFrancisco")
    await connection.disconnect()


loop = asyncio.new_event_loop()
sys.exit(loop.run_until_complete(main()))
