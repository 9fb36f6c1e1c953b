#!/usr/bin/env python3
"""Creates one job and waits for its end."""
import signal
import sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

from lib import say
from lib.jobs import create, events

job = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}
id = create("push_notification_code", job)
say(f"Notification job created: {id}")
for _, event, _ in events([id]):
    if event in ("complete", "failed"):
        say("Notification job completed" if event == "complete" else "Notification job failed")
while True:
    signal.pause()
