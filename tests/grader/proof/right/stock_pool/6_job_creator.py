import os
import time

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
queue = Queue("push_notification_code", connection=redis, serializer=JSONSerializer)

data = {
    "phoneNumber": "4153518780",
    "message": "This is the code to verify your account",
}
job = queue.enqueue("6_job_processor.process", data, job_id=str(redis.incr("job_id")))
print(f"Notification job created: {job.id}", flush=True)

while not (job.is_finished or job.is_failed):
    time.sleep(0.05)
print("Notification job completed" if job.is_finished else "Notification job failed", flush=True)
