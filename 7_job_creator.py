"""Task 8 of the course: create many jobs, and report the progress and the outcome of each."""

import os
import signal
import sys
from time import sleep

import redis
import rq
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq.exceptions import NoSuchJobError

# Copied from 6_job_creator.py, up to set_retry().
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ^C ends the script without a traceback
url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
client = redis.from_url(url, protocol=2)
try:
    client.ping()
except redis.RedisError as error:
    # Given a string, sys.exit prints it on stderr and exits with status 1.
    sys.exit(f"Redis client not connected to the server: {error}")
# This script may run for a long time, and Redis may restart meanwhile. From now on, if Redis cannot
# be reached, redis-py tries a command again every second, up to 30 times. Until here, it gives up
# at the first error, so that we can report the error at once.
client.set_retry(Retry(ConstantBackoff(1), 30))

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

queue = rq.Queue("push_notification_code_2", connection=client, serializer="json")


def create(job_data):
    job = queue.enqueue(  # with the options of 6_job_creator.py
        "7_job_processor.process",
        job_data,
        job_id=str(client.incr("rq:ids")),
        job_timeout=40,
        retry=rq.Retry(max=2, enqueue_at_front=True),
        failure_ttl=7 * 24 * 3600,
    )
    print(f"Notification job created: {job.id}", flush=True)
    return job


def on_complete(job):
    print(f"Notification job {job.id} completed", flush=True)


def on_failed(job, error):
    print(f"Notification job {job.id} failed: {error}", flush=True)


def on_progress(job, percent):
    print(f"Notification job {job.id} {percent}% complete", flush=True)


def report(job):
    """Read a job from Redis again, and report what is new. Return True if the job has ended."""
    # job.meta is a dict that RQ stores with the job. The processor keeps a list of percentages in
    # it. Those that were in the list before refresh() have been reported.
    reported = len(job.meta.get("progress", []))
    job.refresh()
    for percent in job.meta.get("progress", [])[reported:]:
        on_progress(job, percent)
    status = job.get_status(refresh=False)  # what refresh() has just read
    if status in ("queued", "started"):
        return False
    if status == "finished":
        on_complete(job)
    else:
        on_failed(job, error_of(job))
    return True


def error_of(job):
    """Return the error message of a failed job."""
    result = job.latest_result()
    if result is None:  # the job was canceled, so it has no result
        return "canceled"
    # exc_string is a traceback, which ends with "NameOfTheError: the message". But if the job's
    # worker was killed three times, it is only a sentence from RQ, without ": ".
    last_line = result.exc_string.splitlines()[-1]
    return last_line.partition(": ")[2] or last_line


running = [create(job_data) for job_data in jobs]
lost = []  # jobs that have disappeared from Redis
while running:
    sleep(0.08)  # unlike Kue, RQ sends no events, so ask 12 times a second
    for job in list(running):  # a copy, since the loop removes jobs from the list
        try:
            ended = report(job)
        except NoSuchJobError:  # somebody has deleted the job, or emptied Redis
            lost.append(f"job {job.id}")
            ended = True
        if ended:
            running.remove(job)
if lost:
    sys.exit(f"No longer in Redis: {', '.join(lost)}")
