import logging
import os

from redis import Redis
from rq import get_current_job
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

BLACKLIST = ["4153518780", "4153518781"]


def report(job, percent):
    job.meta["progress"] = job.meta.get("progress", []) + [percent]
    job.save_meta()


def send_notification(phone_number, message, job):
    report(job, 0)
    if phone_number in BLACKLIST:
        raise ValueError(f"Phone number {phone_number} is blacklisted")
    report(job, 50)
    print(f"Sending notification to {phone_number}, with message: {message}", flush=True)


def process(data):
    send_notification(data["phoneNumber"], data["message"], get_current_job())


if __name__ == "__main__":
    logging.basicConfig()
    redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    pool = WorkerPool(["push_notification_code_2"], redis, 2, serializer=JSONSerializer)
    pool.start(logging_level="WARNING")
