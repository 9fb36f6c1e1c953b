"""Create eleven jobs and follow them."""

import json
import os

import redis
from rq import Callback, Queue

connection = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
queue = Queue("push_notification_code_2", connection=connection, serializer="json")
codes = {
    "4153518780": 1234,
    "4153518781": 4562,
    "4153518743": 4321,
    "4153538781": 4562,
    "4153118782": 4321,
    "4153718781": 4562,
    "4159518782": 4321,
    "4158718781": 4562,
    "4153818782": 4321,
    "4154318781": 4562,
    "4151218782": 4321,
}
events = connection.pubsub(ignore_subscribe_messages=True)
events.subscribe("push_notification_code_2:events")
while not events.subscribed or events.get_message(timeout=0.1):
    pass

running = set()
for number, code in codes.items():
    job = queue.enqueue(
        "7_job_processor.process",
        {"phoneNumber": number, "message": f"This is the code {code} to verify your account"},
        job_id=str(connection.incr("push_notification:last_id")),
        on_success=Callback("7_job_processor.succeeded"),
        on_failure=Callback("7_job_processor.failed"),
    )
    print(f"Notification job created: {job.id}", flush=True)
    running.add(job.id)

while running:
    event = events.get_message(timeout=1)
    if not event:
        continue
    job_id, what = json.loads(event["data"])
    if job_id in running:
        print(f"Notification job {job_id} {what}", flush=True)
        if "%" not in what:
            running.remove(job_id)
