"""Create one job and say what becomes of it."""

import os

import redis
from rq import Callback, Queue

connection = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
queue = Queue("push_notification_code", connection=connection, serializer="json")


def main():
    job_id = str(connection.incr("push_notification:last_id"))
    events = connection.pubsub(ignore_subscribe_messages=True)
    events.subscribe(f"outcome:{job_id}")
    events.get_message(timeout=3)
    queue.enqueue(
        "6_job_processor.process",
        {"phoneNumber": "4153518780", "message": "This is the code to verify your account"},
        job_id=job_id,
        on_success=Callback("6_job_processor.succeeded"),
        on_failure=Callback("6_job_processor.failed"),
    )
    print(f"Notification job created: {job_id}", flush=True)
    while not (event := events.get_message(timeout=1)):
        pass
    print(f"Notification job {event['data'].decode()}", flush=True)


main()
