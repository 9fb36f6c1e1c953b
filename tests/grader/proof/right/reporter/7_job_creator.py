# a list and one pub/sub channel for events; the listener is a thread
import json
import os
import threading

import redis

r = redis.Redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
    decode_responses=True,
    socket_timeout=None,
)
jobs = [
    {"phoneNumber": "4153518780", "message": "This is the code 1234 to verify your account"},
    {"phoneNumber": "4153518781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153518743", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4153538781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153118782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4153718781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4159518782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4158718781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4153818782", "message": "This is the code 4321 to verify your account"},
    {"phoneNumber": "4154318781", "message": "This is the code 4562 to verify your account"},
    {"phoneNumber": "4151218782", "message": "This is the code 4321 to verify your account"},
]

ids = set()
created = threading.Event()
sub = r.pubsub(ignore_subscribe_messages=False)
sub.subscribe("events:push_notification_code_2")
sub.get_message(timeout=5)  # the confirmation


def listen():
    created.wait()
    left = set(ids)
    for m in sub.listen():
        if m["type"] != "message":
            continue
        ev = json.loads(m["data"])
        if ev["id"] not in ids:
            continue
        if ev["type"] == "progress":
            print(f"Notification job {ev['id']} {ev['value']}% complete", flush=True)
        elif ev["type"] == "failed":
            print(f"Notification job {ev['id']} failed: {ev['value']}", flush=True)
            left.discard(ev["id"])
        else:
            print(f"Notification job {ev['id']} completed", flush=True)
            left.discard(ev["id"])
        if not left:
            break


t = threading.Thread(target=listen)
t.start()
for job in jobs:
    jid = r.incr("jobs:next")
    ids.add(jid)
    r.lpush("queue:push_notification_code_2", json.dumps({"id": jid, "data": job}))
    print(f"Notification job created: {jid}", flush=True)
created.set()
t.join()
