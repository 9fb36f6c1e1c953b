#!/usr/bin/env python3
"""Basic operations, display_school_value with async / await."""
import asyncio

import redis.asyncio

from helpers import (REDIS_URL, connect, create_client, log, print_reply,
                     quit_on_ctrl_c, run, stay_alive)

quit_on_ctrl_c()
client = create_client()
async_client = redis.asyncio.from_url(REDIS_URL, decode_responses=True)
connect(client)


def set_new_school(school_name, value):
    run(print_reply, client.set, school_name, value)


async def display_school_value(school_name):
    value = await async_client.get(school_name)
    log("null" if value is None else value)


async def main():
    await display_school_value("Holberton")
    set_new_school("HolbertonSanFrancisco", "100")
    await display_school_value("HolbertonSanFrancisco")
    await async_client.aclose()


asyncio.run(main())
stay_alive(client)
