#!/usr/bin/env python3
"""Publish messages to the channel."""
import threading

from helpers import connect, create_client, log, quit_on_ctrl_c, stay_alive

CHANNEL = "holberton school channel"

quit_on_ctrl_c()
client = create_client()
connect(client)


def publish_message(message, time):
    def send():
        log("About to send " + message)
        client.publish(CHANNEL, message)

    threading.Timer(time / 1000, send).start()


publish_message("Holberton Student #1 starts course", 100)
publish_message("Holberton Student #2 starts course", 200)
publish_message("KILL_SERVER", 300)
publish_message("Holberton Student #3 starts course", 400)

stay_alive(client)
