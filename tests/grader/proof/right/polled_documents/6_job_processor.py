#!/usr/bin/env python3
"""Processes the jobs of push_notification_code."""
import signal
import sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

from lib import say, stop
from lib.jobs import process

signal.signal(signal.SIGINT, lambda *_: stop.set())


def sendNotification(phoneNumber, message):
    say(f"Sending notification to {phoneNumber}, with message: {message}")


def handle(job, done):
    sendNotification(job.data["phoneNumber"], job.data["message"])
    done()


process("push_notification_code", handle)
