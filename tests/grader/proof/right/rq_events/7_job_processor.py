#!/usr/bin/env python3
"""Process the jobs of push_notification_code_2, two at a time."""
from rq import get_current_job
from rq.worker_pool import WorkerPool

from helpers import JSONSerializer, create_queue, log, progress

blacklisted = ["4153518780", "4153518781"]


def send_notification(phone_number, message, job, done):
    progress(job, 0, 100)
    if phone_number in blacklisted:
        done(Exception("Phone number %s is blacklisted" % phone_number))
        return
    progress(job, 50, 100)
    log("Sending notification to %s, with message: %s"
        % (phone_number, message))
    done()


def process(data):
    """RQ calls this with the data of every new job."""
    def done(err=None):
        if err:
            raise err  # so the job fails in RQ

    send_notification(data["phoneNumber"], data["message"],
                      get_current_job(), done)


if __name__ == "__main__":
    queue = create_queue("push_notification_code_2")
    pool = WorkerPool([queue], connection=queue.connection, num_workers=2,
                      serializer=JSONSerializer)
    pool.start(logging_level="CRITICAL")
