#!/usr/bin/env python3
"""Task 2: basic operations, with callbacks."""
from typing import Optional

from console_client import Client, print_reply, run, say

client = Client()


@client.on("connect")
def on_connect() -> None:
    say("Redis client connected to the server")


@client.on("error")
def on_error(error: str) -> None:
    say(f"Redis client not connected to the server: {error}")


def set_new_school(school_name: str, value: str) -> None:
    client.set(school_name, value, print_reply)


def display_school_value(school_name: str) -> None:
    def show(error: Optional[Exception], reply: Optional[str]) -> None:
        say(f"{error or ('null' if reply is None else reply)}")

    client.get(school_name, show)


if __name__ == "__main__":
    display_school_value("Holberton")
    set_new_school("HolbertonSanFrancisco", "100")
    display_school_value("HolbertonSanFrancisco")
    run(client.run())
