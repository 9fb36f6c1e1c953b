#!/usr/bin/env python3
"""Task 3: the same as 1_redis_op.py, with async / await."""
import asyncio

from console_client import Client, print_reply, promisify, run, say

client = Client()


@client.on("connect")
def on_connect() -> None:
    say("Redis client connected to the server")


@client.on("error")
def on_error(error: str) -> None:
    say(f"Redis client not connected to the server: {error}")


def set_new_school(school_name: str, value: str) -> None:
    client.set(school_name, value, print_reply)


async def display_school_value(school_name: str) -> None:
    reply = await promisify(client.get)(school_name)
    say(f"{'null' if reply is None else reply}")


async def main() -> None:
    connection = asyncio.create_task(client.run())
    await display_school_value("Holberton")
    set_new_school("HolbertonSanFrancisco", "100")
    await display_school_value("HolbertonSanFrancisco")
    await connection


if __name__ == "__main__":
    run(main())
