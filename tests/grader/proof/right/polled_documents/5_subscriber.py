#!/usr/bin/env python3
"""Logs the messages of a channel until KILL_SERVER."""
import signal
import sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

from lib import ask, connect, say

CHANNEL = "holberton school channel"
pubsub = connect().pubsub(ignore_subscribe_messages=True)
ask(pubsub.subscribe, CHANNEL)
message = None
while message != "KILL_SERVER":
    if received := ask(pubsub.get_message, timeout=None):
        message = received["data"]
        say(message)
pubsub.unsubscribe(CHANNEL)
pubsub.close()
