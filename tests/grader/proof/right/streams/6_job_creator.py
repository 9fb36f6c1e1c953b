import json
import os

import redis

client = redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True
)
job_data = {
    "phoneNumber": "4153518780",
    "message": "This is the code to verify your account",
}
job_id = client.incr("stream:job:id")
client.xadd("stream:push_notification_code", {"id": job_id, "job": json.dumps(job_data)})
print(f"Notification job created: {job_id}")
outcome = None
while not outcome:
    outcome = client.xread({f"stream:outcome:{job_id}": "0"}, block=2000)
if isinstance(outcome, dict):
    outcome = list(outcome.items())
state = outcome[0][1][0][1]["state"]
print(f"Notification job {state}")
