import os
import time

from redis import Redis
from rq import Queue

redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
queue = Queue("push_notification_code_2", connection=redis, serializer="json")

numbers = """
    4153518780 1234, 4153518781 4562, 4153518743 4321, 4153538781 4562, 4153118782 4321,
    4153718781 4562, 4159518782 4321, 4158718781 4562, 4153818782 4321, 4154318781 4562,
    4151218782 4321
"""
jobs = []
for pair in numbers.split(","):
    number, code = pair.split()
    data = {"phoneNumber": number, "message": f"This is the code {code} to verify your account"}
    job = queue.enqueue("7_job_processor.process", data, job_id=str(redis.incr("job_id")))
    print("Notification job created:", job.id, flush=True)
    jobs.append(job)

shown = {job.id: 0 for job in jobs}
while jobs:
    for job in list(jobs):
        job.refresh()
        progress = job.meta.get("progress", [])
        for percent in progress[shown[job.id] :]:
            print(f"Notification job {job.id} {percent}% complete", flush=True)
        shown[job.id] = len(progress)
        status = job.get_status(refresh=False)
        if status == "finished":
            print(f"Notification job {job.id} completed", flush=True)
            jobs.remove(job)
        elif status == "failed" and (result := job.latest_result()):
            error = result.exc_string.strip().splitlines()[-1].split(": ", 1)[1]
            print(f"Notification job {job.id} failed: {error}", flush=True)
            jobs.remove(job)
    time.sleep(0.02)
