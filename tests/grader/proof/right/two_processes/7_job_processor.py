import os
from json import dumps
from multiprocessing import Process

from redis import from_url
from rq import SimpleWorker

url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")


def send_notification(phone_number, message, progress):
    progress("0% complete")
    if phone_number in ("4153518780", "4153518781"):
        raise RuntimeError(f"Phone number {phone_number} is blacklisted")
    progress("50% complete")
    print(f"Sending notification to {phone_number}, with message: {message}")


def work(i, inbox, data):
    r = from_url(url)

    def progress(event):
        r.rpush(inbox, dumps([i, event]))

    try:
        send_notification(data["phoneNumber"], data["message"], progress)
    except RuntimeError as e:
        progress(f"failed: {e}")
        raise
    progress("completed")


def worker():
    SimpleWorker(["push_notification_code_2"], connection=from_url(url), serializer="json").work(
        logging_level="CRITICAL"
    )


if __name__ == "__main__":
    processes = [Process(target=worker) for _ in range(2)]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
