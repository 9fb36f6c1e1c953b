import os
import signal

import redis
from rq import Queue
from rq.results import Result
from rq.serializers import JSONSerializer

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script, without a traceback

client = redis.Redis.from_url(os.getenv('REDIS_URL', 'redis://127.0.0.1:6379'))
queue = Queue('push_notification_code', connection=client, serializer=JSONSerializer)

job_data = {
    'phoneNumber': '4153518780',
    'message': 'This is the code to verify your account',
}

# process_job is in the script that runs the worker, 6_job_processor.py
job = queue.enqueue('__main__.process_job', job_data, job_id=str(client.incr('job_ids')))
print(f'Notification job created: {job.id}', flush=True)

# RQ saves a result when the job has ended: wait for it
result = None
while result is None:
    result = job.latest_result(timeout=3)

if result.type == Result.Type.SUCCESSFUL:
    print('Notification job completed')
else:
    print('Notification job failed')
