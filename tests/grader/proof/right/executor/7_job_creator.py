import json
import os
import threading

import redis

client = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
screen = threading.Lock()


def watch(job_id):
    while True:
        popped = client.blpop(f"updates:{job_id}", 3)
        if popped is None:
            continue
        update = popped[1].decode()
        with screen:
            print(f"Notification job {job_id} {update}", flush=True)
        if update == "completed" or update.startswith("failed"):
            break


def create(job):
    job_id = client.incr("jobs")
    client.zadd("push_notification_code_2", {json.dumps({"id": job_id, **job}): job_id})
    client.set(f"push_notification_code_2:{job_id}", json.dumps(job))
    print(f"Notification job created: {job_id}", flush=True)
    return threading.Thread(target=watch, args=[job_id], daemon=True)


jobs = [
    {"phoneNumber": phone, "message": f"This is the code {code} to verify your account"}
    for code, *phones in [
        ("1234", "4153518780"),
        ("4562", "4153518781"),
        ("4321", "4153518743"),
        ("4562", "4153538781"),
        ("4321", "4153118782"),
        ("4562", "4153718781"),
        ("4321", "4159518782"),
        ("4562", "4158718781"),
        ("4321", "4153818782"),
        ("4562", "4154318781"),
        ("4321", "4151218782"),
    ]
    for phone in phones
]
threads = [create(job) for job in jobs]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
