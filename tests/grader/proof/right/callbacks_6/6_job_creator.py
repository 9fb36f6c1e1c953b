import os

from redis import Redis
from rq import Queue
from rq.results import Result

r = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
queue = Queue(name="push_notification_code", connection=r, serializer="json")


def create_job(phone_number, message):
    return queue.enqueue_call(
        "6_job_processor.process_job",
        kwargs={"job_data": {"phoneNumber": phone_number, "message": message}},
        job_id=str(r.incr("q:ids")),
    )


job = create_job("+1-212-555-0100", "Hello, World!")
print(f"Notification job created: {job.id}", flush=True)
result = None
while result is None:
    result = job.latest_result(timeout=3)
if result.type is Result.Type.SUCCESSFUL:
    print("Notification job completed")
else:
    print("Notification job failed")
