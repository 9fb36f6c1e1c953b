#!/usr/bin/env python3
"""Task 5: the subscriber."""
from console_client import Subscriber, run, say
from settings import CONFIG

CHANNEL: str = CONFIG["channel"]

client = Subscriber()


@client.on("connect")
def on_connect() -> None:
    say("Redis client connected to the server")


@client.on("error")
def on_error(error: str) -> None:
    say(f"Redis client not connected to the server: {error}")


@client.on("message")
def on_message(channel: str, message: str) -> None:
    say(message)
    if message == "KILL_SERVER":
        client.unsubscribe(channel)
        client.quit()


if __name__ == "__main__":
    client.subscribe(CHANNEL)
    run(client.run())
