#!/usr/bin/env python3
"""Processes the jobs of push_notification_code_2, two at a time."""
import signal
import sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

from lib import say, stop
from lib.jobs import process

signal.signal(signal.SIGINT, lambda *_: stop.set())
BLACKLIST = ["4153518780", "4153518781"]


def sendNotification(phoneNumber, message, job, done):
    job.progress(0, 100)
    if phoneNumber in BLACKLIST:
        return done(f"Phone number {phoneNumber} is blacklisted")
    job.progress(50, 100)
    say(f"Sending notification to {phoneNumber}, with message: {message}")
    done()


process("push_notification_code_2", lambda job, done: sendNotification(
    job.data["phoneNumber"], job.data["message"], job, done), 2)
