#!/usr/bin/env python3
"""Process the jobs of the queue push_notification_code_2, two at a time."""
import logging
import multiprocessing
import os
import signal
import sys

import redis
from rq import Queue, Worker, get_current_job
from rq.serializers import JSONSerializer

REDIS_URL = os.environ.get('REDIS_URL', 'redis://127.0.0.1:6379')
QUEUE_NAME = 'push_notification_code_2'
CONCURRENCY = 2

BLACKLISTED_NUMBERS = ['4153518780', '4153518781']


def report_progress(job, done, total=100):
    """Add a step to the job's progress, for its creator to read.

    All steps are kept, or a creator that looks too late would miss one.
    """
    job.meta.setdefault('progress', []).append(done * 100 // total)
    job.save_meta()


def send_notification(phone_number, message, job):
    """Say what would be sent, unless the number is blacklisted."""
    report_progress(job, 0, 100)
    if phone_number in BLACKLISTED_NUMBERS:
        raise ValueError(f'Phone number {phone_number} is blacklisted')
    report_progress(job, 50, 100)
    # One write for the line and its end, as two processes print here. flush:
    # RQ ends the process of a job without emptying its buffers.
    print(f'Sending notification to {phone_number}, with message: {message}\n',
          end='', flush=True)


def process_job(job_data):
    """What the worker runs for each job."""
    job = get_current_job()
    try:
        send_notification(job_data['phoneNumber'], job_data['message'], job)
    except Exception as error:
        # RQ itself keeps the traceback only
        job.meta['error'] = str(error)
        job.save_meta()
        raise


def run_worker():
    """One of the worker processes; it works on one job after the other."""
    # RQ logs on stdout. A job that fails is an ordinary thing here and its
    # creator is told, so there is no need for its traceback (level ERROR).
    logging.disable(logging.ERROR)
    connection = redis.Redis.from_url(REDIS_URL)
    queue = Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)
    worker = Worker([queue], connection=connection, serializer=JSONSerializer)
    worker.work()


def stop_workers(workers):
    """Wait for the workers to end, and make them if they don't.

    ^C on a terminal goes to the workers as well, a signal from elsewhere
    comes to this process only.
    """
    for how in (None, 'terminate', 'kill'):
        for worker in workers:
            if how and worker.is_alive():
                getattr(worker, how)()
        for worker in workers:
            worker.join(timeout=2)


def main():
    with redis.Redis.from_url(REDIS_URL) as connection:
        connection.ping()

    workers = [multiprocessing.Process(target=run_worker)
               for _ in range(CONCURRENCY)]
    for worker in workers:
        worker.start()
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit())
    try:
        for worker in workers:
            worker.join()
    finally:
        stop_workers(workers)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
    except redis.RedisError as error:
        sys.exit(f'Redis error: {error}')
