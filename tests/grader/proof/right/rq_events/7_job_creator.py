#!/usr/bin/env python3
"""Create eleven jobs and follow them."""
from helpers import (create_job, create_queue, events, log, quit_on_ctrl_c,
                     subscribe)

jobs = [
    {
        "phoneNumber": "4153518780",
        "message": "This is the code 1234 to verify your account",
    },
    {
        "phoneNumber": "4153518781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153518743",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4153538781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153118782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4153718781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4159518782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4158718781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4153818782",
        "message": "This is the code 4321 to verify your account",
    },
    {
        "phoneNumber": "4154318781",
        "message": "This is the code 4562 to verify your account",
    },
    {
        "phoneNumber": "4151218782",
        "message": "This is the code 4321 to verify your account",
    },
]

quit_on_ctrl_c()
queue = create_queue("push_notification_code_2")
pubsub = subscribe(queue)

created = []
for data in jobs:
    job = create_job(queue, "7_job_processor.process", data)
    created.append(job)
    log("Notification job created: " + job.id)

for job_id, event, value in events(pubsub, created):
    if event == "complete":
        log("Notification job %s completed" % job_id)
    elif event == "failed":
        log("Notification job %s failed: %s" % (job_id, value))
    elif event == "progress":
        log("Notification job %s %s%% complete" % (job_id, value))
