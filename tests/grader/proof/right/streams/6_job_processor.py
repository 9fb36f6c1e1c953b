import json
import os
import sys

import redis

STREAM = "stream:push_notification_code"
GROUP = "processors"

client = redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
    decode_responses=True,
    socket_timeout=30,
)


def send_notification(phone_number, message):
    print(f"Sending notification to {phone_number}, with message: {message}")
    sys.stdout.flush()


try:
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
except redis.ResponseError:
    pass  # it exists

while True:
    for _, entries in client.xreadgroup(GROUP, f"p{os.getpid()}", {STREAM: ">"}, 1, 5000) or []:
        for entry, fields in entries:
            try:
                job = json.loads(fields["job"])
                send_notification(job["phoneNumber"], job["message"])
                state = "completed"
            except (KeyError, ValueError) as error:
                print(error, file=sys.stderr)
                state = "failed"
            client.xadd(f"stream:outcome:{fields['id']}", {"state": state})
            client.xack(STREAM, GROUP, entry)
