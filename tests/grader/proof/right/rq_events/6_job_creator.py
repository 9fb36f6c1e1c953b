#!/usr/bin/env python3
"""Create one job and follow it."""
from helpers import (create_job, create_queue, events, log, quit_on_ctrl_c,
                     subscribe)

quit_on_ctrl_c()
queue = create_queue("push_notification_code")

job_data = {
    "phoneNumber": "4153518780",
    "message": "This is the code to verify your account",
}

pubsub = subscribe(queue)
job = create_job(queue, "6_job_processor.process", job_data)
log("Notification job created: " + job.id)

for job_id, event, value in events(pubsub, [job]):
    if event == "complete":
        log("Notification job completed")
    elif event == "failed":
        log("Notification job failed")
