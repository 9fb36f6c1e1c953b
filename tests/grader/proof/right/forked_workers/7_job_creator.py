#!/usr/bin/env python3
"""Queue many notifications and print the progress of each."""
import os
import sys
import time

import redis
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.serializers import JSONSerializer

REDIS_URL = os.environ.get('REDIS_URL', 'redis://127.0.0.1:6379')
QUEUE_NAME = 'push_notification_code_2'
JOB_FUNCTION = '__main__.process_job'  # of the script that runs the worker
ID_COUNTER = 'notification:job_ids'  # one counter for all queues
RESULT_TTL = 24 * 3600  # seconds
POLL_INTERVAL = 0.05  # seconds

jobs = [
    {
        'phoneNumber': '4153518780',
        'message': 'This is the code 1234 to verify your account',
    },
    {
        'phoneNumber': '4153518781',
        'message': 'This is the code 4562 to verify your account',
    },
    {
        'phoneNumber': '4153518743',
        'message': 'This is the code 4321 to verify your account',
    },
    {
        'phoneNumber': '4153538781',
        'message': 'This is the code 4562 to verify your account',
    },
    {
        'phoneNumber': '4153118782',
        'message': 'This is the code 4321 to verify your account',
    },
    {
        'phoneNumber': '4153718781',
        'message': 'This is the code 4562 to verify your account',
    },
    {
        'phoneNumber': '4159518782',
        'message': 'This is the code 4321 to verify your account',
    },
    {
        'phoneNumber': '4158718781',
        'message': 'This is the code 4562 to verify your account',
    },
    {
        'phoneNumber': '4153818782',
        'message': 'This is the code 4321 to verify your account',
    },
    {
        'phoneNumber': '4154318781',
        'message': 'This is the code 4562 to verify your account',
    },
    {
        'phoneNumber': '4151218782',
        'message': 'This is the code 4321 to verify your account',
    },
]


def create_job(queue, job_data):
    """Queue a job and return it. INCR gives no two creators the same id."""
    job_id = str(queue.connection.incr(ID_COUNTER))
    return queue.enqueue(
        JOB_FUNCTION, job_data, job_id=job_id, result_ttl=RESULT_TTL)


def error_message(job):
    """The message of the error that failed the job."""
    if 'error' in job.meta:
        return job.meta['error']
    # The job didn't get so far as to say it (its process was killed, ...)
    result = job.latest_result()
    if result and result.exc_string:
        return result.exc_string.strip().splitlines()[-1]
    return job.get_status(refresh=False).value


def report_news(job, reported):
    """Print what is new of a job since the last look.

    reported is the number of steps of progress that are printed already.
    Return that number after this look, or None if the job is over.
    """
    # One read gives the status and the meta data of one moment, so a job
    # that is over has all its progress in it.
    job.refresh()
    progress = job.meta.get('progress', [])
    for percentage in progress[reported:]:
        print(f'Notification job {job.id} {percentage}% complete', flush=True)

    status = job.get_status(refresh=False)
    if status == 'finished':
        print(f'Notification job {job.id} completed', flush=True)
        return None
    if status in ('failed', 'stopped', 'canceled'):
        print(f'Notification job {job.id} failed: {error_message(job)}',
              flush=True)
        return None
    return max(reported, len(progress))


def watch_jobs(watched):
    """Print the progress of the jobs until all are over."""
    reported = {job.id: 0 for job in watched}
    while watched:
        for job in list(watched):
            try:
                reported[job.id] = report_news(job, reported[job.id])
            except NoSuchJobError:
                # somebody emptied the database
                print(f'Job {job.id} is gone', file=sys.stderr)
                reported[job.id] = None
            if reported[job.id] is None:
                watched.remove(job)
        time.sleep(POLL_INTERVAL)


def main():
    connection = redis.Redis.from_url(REDIS_URL)
    queue = Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)
    created = []
    for job_data in jobs:
        job = create_job(queue, job_data)
        print(f'Notification job created: {job.id}', flush=True)
        created.append(job)
    watch_jobs(created)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
    except redis.RedisError as error:
        sys.exit(f'Redis error: {error}')
