#!/usr/bin/env python3
"""Publishes four messages to a channel."""
import signal
import sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

import sched

from lib import ask, connect, say, stay

CHANNEL = "holberton school channel"
client = connect()
timer = sched.scheduler()


def publishMessage(message, time):
    def publish():
        say(f"About to send {message}")
        ask(client.publish, CHANNEL, message)
    timer.enter(time / 1000, 0, publish)


publishMessage("Holberton Student #1 starts course", 100)
publishMessage("Holberton Student #2 starts course", 200)
publishMessage("KILL_SERVER", 300)
publishMessage("Holberton Student #3 starts course", 400)
timer.run()
stay()
