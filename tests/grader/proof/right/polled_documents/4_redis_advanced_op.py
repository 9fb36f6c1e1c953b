#!/usr/bin/env python3
"""A hash value."""
import os
import signal
signal.signal(signal.SIGINT, lambda *_: os._exit(0))   # though a thread may be waiting

from lib import connect, line, say, send, show, stay

SCHOOLS = {"Portland": 50, "Seattle": 80, "New York": 20, "Bogota": 20, "Cali": 40, "Paris": 2}
client = connect()


def display(error, schools):
    if error:
        return show(error, None)
    pairs = (f"  {key if key.isidentifier() else repr(key)}: {value!r}" for key, value in schools.items())
    say("{\n" + ",\n".join(pairs) + "\n}")


for city, number in SCHOOLS.items():
    send(show, client.hset, "HolbertonSchools", city, number)
send(display, client.hgetall, "HolbertonSchools")
line.shutdown()
stay()
