#!/usr/bin/env python3
"""Task 9: process the jobs of push_notification_code_2, two at a time.

RQ imports this file a second time, as the module 7_job_processor, to find
`process`; so nothing must happen here at import.
"""
import json
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass

import redis
from rq import Queue, SimpleWorker, get_current_job
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
QUEUE = "push_notification_code_2"
AT_A_TIME = 2
BLACKLIST = frozenset({"4153518780", "4153518781"})

console = logging.getLogger("console")


def open_console():
    """Let the console logger write bare messages to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    console.addHandler(handler)
    console.setLevel(logging.INFO)
    console.propagate = False
    # RQ would log on stdout too
    logging.getLogger("rq").addHandler(logging.NullHandler())
    logging.getLogger("rq").setLevel(logging.CRITICAL)
    logging.getLogger("rq").propagate = False


@dataclass(frozen=True)
class Notification:
    phoneNumber: str
    message: str


class BlacklistedNumber(Exception):
    def __init__(self, phone_number):
        super().__init__(f"Phone number {phone_number} is blacklisted")


def tell(job, event, **details):
    """Send an event of the job to the creator of the job."""
    channel = job.meta.get("channel")
    if channel:
        news = {"event": event, "job": job.meta["number"], **details}
        job.connection.publish(channel, json.dumps(news))


def report_progress(job, done, total):
    tell(job, "progress", percent=done * 100 // total)


def send_notification(phone_number, message, job):
    """Coming back is done(), raising is done(error)."""
    report_progress(job, 0, 100)
    if phone_number in BLACKLIST:
        raise BlacklistedNumber(phone_number)
    report_progress(job, 50, 100)
    console.info("Sending notification to %s, with message: %s",
                 phone_number, message)


def process(data):
    """The function of the jobs."""
    notification = Notification(**data)
    send_notification(notification.phoneNumber, notification.message,
                      get_current_job())


class ThreadDeathPenalty(TimerDeathPenalty):
    """SIGALRM is not for threads; and no timer shall hold up the exit."""

    def new_timer(self):
        timer = super().new_timer()
        timer.daemon = True
        return timer


class TellingWorker(SimpleWorker):
    """A worker, fit for a thread, that tells the creator how a job ended."""

    death_penalty_class = ThreadDeathPenalty
    error = None

    def _install_signal_handlers(self):
        """Signals are the main thread's."""

    def handle_exception(self, job, *exc_info):
        self.error = exc_info[1]
        super().handle_exception(job, *exc_info)

    def perform_job(self, job, *args, **kwargs):
        succeeded = super().perform_job(job, *args, **kwargs)
        if succeeded:
            tell(job, "completed")
        else:
            tell(job, "failed", error=str(self.error))
        return succeeded


class Crew:
    """As many workers as jobs may run at a time, each in a thread."""

    def __init__(self, size, url=REDIS_URL):
        self.workers = [self._hire(url) for _ in range(size)]
        self.threads = [threading.Thread(target=worker.work, daemon=True)
                        for worker in self.workers]

    @staticmethod
    def _hire(url):
        connection = redis.Redis.from_url(url)
        connection.ping()
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        return TellingWorker([queue], connection=connection,
                             serializer=JSONSerializer)

    def work(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()

    def dismiss(self):
        """Strike the workers off RQ's list; their threads are daemons."""
        for worker in self.workers:
            worker.register_death()


def main():
    open_console()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        crew = Crew(AT_A_TIME)
        try:
            crew.work()
        except KeyboardInterrupt:
            crew.dismiss()
    except redis.RedisError as error:
        return f"Redis client not connected to the server: {error}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
