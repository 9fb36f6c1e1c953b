#!/usr/bin/env python3
"""Store a hash and display it."""
from helpers import (connect, create_client, log, print_reply,
                     quit_on_ctrl_c, run, stay_alive)

quit_on_ctrl_c()
client = create_client()
connect(client)

schools = {
    "Portland": 50,
    "Seattle": 80,
    "New York": 20,
    "Bogota": 20,
    "Cali": 40,
    "Paris": 2,
}


def show(err, reply):
    """Like console.log of an object."""
    if err:
        log(err)
        return
    lines = []
    for key, value in reply.items():
        name = key if key.isidentifier() else "'" + key + "'"
        lines.append("  %s: '%s'" % (name, value))
    log("{\n" + ",\n".join(lines) + "\n}")


for city, number in schools.items():
    run(print_reply, client.hset, "HolbertonSchools", city, number)

run(show, client.hgetall, "HolbertonSchools")

stay_alive(client)
