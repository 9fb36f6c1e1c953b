#!/usr/bin/env python3
"""Task 1: connect to Redis."""
from console_client import Client, run, say

client = Client()


@client.on("connect")
def on_connect() -> None:
    say("Redis client connected to the server")


@client.on("error")
def on_error(error: str) -> None:
    say(f"Redis client not connected to the server: {error}")


if __name__ == "__main__":
    run(client.run())
