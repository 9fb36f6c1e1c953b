#!/usr/bin/env python3
"""Creates eleven jobs and follows their progress."""
import signal
import sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

from lib import say
from lib.jobs import create, events

jobs = [{"phoneNumber": number, "message": f"This is the code {code} to verify your account"} for number, code in (
    ("4153518780", 1234), ("4153518781", 4562), ("4153518743", 4321), ("4153538781", 4562), ("4153118782", 4321),
    ("4153718781", 4562), ("4159518782", 4321), ("4158718781", 4562), ("4153818782", 4321), ("4154318781", 4562),
    ("4151218782", 4321))]
WORDS = {"progress": "{}% complete", "complete": "completed", "failed": "failed: {}"}

ids = []
for job in jobs:
    ids.append(create("push_notification_code_2", job))
    say(f"Notification job created: {ids[-1]}")
for id, event, value in events(ids):
    say(f"Notification job {id} {WORDS[event].format(value)}")
while True:
    signal.pause()
