import json
import os
import time

import redis

r = redis.Redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True
)
phones = [
    "4153518780",
    "4153518781",
    "4153518743",
    "4153538781",
    "4153118782",
    "4153718781",
    "4159518782",
    "4158718781",
    "4153818782",
    "4154318781",
    "4151218782",
]
codes = ["1234", "4562"] + ["4321", "4562"] * 4 + ["4321"]
ids = []
for phone, code in zip(phones, codes):
    job_id = r.incr("last_job")
    message = f"This is the code {code} to verify your account"
    data = json.dumps({"phoneNumber": phone, "message": message})
    r.hset(f"job:{job_id}", mapping={"data": data, "state": "waiting", "progress": ""})
    r.rpush("queue:push_notification_code_2:waiting", job_id)
    print(f"Notification job created: {job_id}", flush=True)
    ids.append(job_id)

seen = dict.fromkeys(ids, 0)
while seen:
    for job_id in list(seen):
        job = r.hgetall(f"job:{job_id}")
        progress = job["progress"].split()
        for percent in progress[seen[job_id] :]:
            print(f"Notification job #{job_id} {percent}% complete", flush=True)
        seen[job_id] = len(progress)
        if job["state"] == "completed":
            print(f"Notification job #{job_id} completed", flush=True)
            del seen[job_id]
        elif job["state"] == "failed":
            print(f"Notification job #{job_id} failed: {job['error']}", flush=True)
            del seen[job_id]
    time.sleep(0.1)
time.sleep(3600)
