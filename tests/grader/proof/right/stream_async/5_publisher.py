#!/usr/bin/env python3
"""Task 5: the publisher."""
import asyncio

from console_client import Client, run, say
from settings import CONFIG

CHANNEL: str = CONFIG["channel"]

client = Client()


@client.on("connect")
def on_connect() -> None:
    say("Redis client connected to the server")


@client.on("error")
def on_error(error: str) -> None:
    say(f"Redis client not connected to the server: {error}")


def publish_message(message: str, time: int) -> None:
    """Publish the message after so many milliseconds."""

    def send() -> None:
        say(f"About to send {message}")
        client.publish(CHANNEL, message)

    asyncio.get_running_loop().call_later(time / 1000, send)


async def main() -> None:
    publish_message("Holberton Student #1 starts course", 100)
    publish_message("Holberton Student #2 starts course", 200)
    publish_message("KILL_SERVER", 300)
    publish_message("Holberton Student #3 starts course", 400)
    await client.run()


if __name__ == "__main__":
    run(main())
