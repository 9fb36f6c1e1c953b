#!/usr/bin/env python3
"""Basic operations with async and await."""
import os
import signal
signal.signal(signal.SIGINT, lambda *_: os._exit(0))   # though a thread may be waiting

import asyncio
from functools import partial

from lib import ask, connect, say, show, stay

client = connect()


def promisify(command):
    return partial(asyncio.to_thread, ask, command)


def setNewSchool(schoolName, value):
    show(None, ask(client.set, schoolName, value))


async def displaySchoolValue(schoolName):
    say(await promisify(client.get)(schoolName))


async def main():
    await displaySchoolValue("Holberton")
    setNewSchool("HolbertonSanFrancisco", "100")
    await displaySchoolValue("HolbertonSanFrancisco")

asyncio.run(main())
stay()
