#!/usr/bin/env python3
"""Basic operations, with callbacks."""
from helpers import (connect, create_client, log, print_reply,
                     quit_on_ctrl_c, run, stay_alive)

quit_on_ctrl_c()
client = create_client()
connect(client)


def set_new_school(school_name, value):
    run(print_reply, client.set, school_name, value)


def display_school_value(school_name):
    def show(err, reply):
        if err:
            log(err)
        else:
            log("null" if reply is None else reply)

    run(show, client.get, school_name)


display_school_value("Holberton")
set_new_school("HolbertonSanFrancisco", "100")
display_school_value("HolbertonSanFrancisco")

stay_alive(client)
