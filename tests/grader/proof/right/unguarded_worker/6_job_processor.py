import os

import redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

client = redis.Redis.from_url(os.getenv('REDIS_URL', 'redis://127.0.0.1:6379'))
queue = Queue('push_notification_code', connection=client, serializer=JSONSerializer)


def send_notification(phone_number, message):
    print(f'Sending notification to {phone_number}, with message: {message}', flush=True)


def process_job(job_data):
    send_notification(job_data['phoneNumber'], job_data['message'])


worker = Worker([queue], connection=client, serializer=JSONSerializer)
worker.work(logging_level='CRITICAL')  # RQ logs on stdout
