#!/usr/bin/env python3
"""Task 4: store a hash and display it."""
import re
from typing import Optional

from console_client import Client, print_reply, run, say

client = Client()


@client.on("connect")
def on_connect() -> None:
    say("Redis client connected to the server")


@client.on("error")
def on_error(error: str) -> None:
    say(f"Redis client not connected to the server: {error}")

KEY = "HolbertonSchools"
SCHOOLS: dict[str, str] = {
    "Portland": "50",
    "Seattle": "80",
    "New York": "20",
    "Bogota": "20",
    "Cali": "40",
    "Paris": "2",
}


def show_object(error: Optional[Exception], reply: Optional[dict[str, str]]) -> None:
    """The hash as Node's console shows an object."""
    if error:
        say(f"{error}")
        return
    lines = [
        f"  {key if re.fullmatch(r'[A-Za-z_$][A-Za-z0-9_$]*', key) else repr(key)}: {value!r}"
        for key, value in (reply or {}).items()
    ]
    say("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    for school, number in SCHOOLS.items():
        client.hset(KEY, school, number, print_reply)
    client.hgetall(KEY, show_object)
    run(client.run())
