import os
from json import loads

from redis import from_url
from rq import Queue

r = from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
q = Queue("push_notification_code_2", connection=r, serializer="json")
t = "This is the code %s to verify your account"
jobs = [
    {"phoneNumber": "4153518780", "message": t % 1234},
    {"phoneNumber": "4153518781", "message": t % 4562},
    {"phoneNumber": "4153518743", "message": t % 4321},
    {"phoneNumber": "4153538781", "message": t % 4562},
    {"phoneNumber": "4153118782", "message": t % 4321},
    {"phoneNumber": "4153718781", "message": t % 4562},
    {"phoneNumber": "4159518782", "message": t % 4321},
    {"phoneNumber": "4158718781", "message": t % 4562},
    {"phoneNumber": "4153818782", "message": t % 4321},
    {"phoneNumber": "4154318781", "message": t % 4562},
    {"phoneNumber": "4151218782", "message": t % 4321},
]
inbox = f"inbox:{os.urandom(8).hex()}"
for data in jobs:
    i = r.incr("ids")
    q.enqueue("7_job_processor.work", i, inbox, data, job_id=str(i))
    print(f"Notification job created: {i}")

left = len(jobs)
while left:
    got = r.blpop([inbox], timeout=1)
    if got:
        i, event = loads(got[1])
        print("Notification job", i, event)
        left -= "%" not in event
