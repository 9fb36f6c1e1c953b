import json
import os
import threading

import redis

r = redis.Redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
    decode_responses=True,
    socket_timeout=None,
)
blacklist = ["4153518780", "4153518781"]


def send_notification(phone_number, message, job, done):
    r.hset(job, "progress", "0")
    if phone_number in blacklist:
        return done(f"Phone number {phone_number} is blacklisted")
    r.hset(job, "progress", "0 50")
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)
    done()


def work():
    while True:
        _, job_id = r.blpop("queue:push_notification_code_2:waiting")
        job = f"job:{job_id}"

        def done(error=None, job=job):
            if error:
                r.hset(job, mapping={"state": "failed", "error": error})
            else:
                r.hset(job, "state", "completed")

        data = json.loads(r.hget(job, "data"))
        send_notification(data["phoneNumber"], data["message"], job, done)


threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
