"""0x03, task 9: Track progress and errors with Kue: the job processor.

Teaches to process two jobs at a time with RQ, each in a process of its own, to report how far a job is through a
stream, and to fail a job by raising an error. Prints a line for each notification that it sends. What goes wrong with
the connection or with a job goes to stderr.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # first of all, so that ^C leaves no traceback even while modules load

import errno
import logging
import math
import multiprocessing
import os
import re
import socket
import ssl
import sys
import threading
import time
from traceback import walk_stack

from redis import Redis
from redis.backoff import DecorrelatedJitterBackoff, NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.utils import now
from rq.worker_pool import WorkerPool


def end(kind, error, traceback):
    """End the script (sys.excepthook calls this) with one sentence on stderr, or none if stdout's reader has left."""
    if kind is not BrokenPipeError:
        print(f"{kind.__name__}: {error}", file=sys.stderr)
    os._exit(1)  # not sys.exit, which would write to the broken pipe once more


sys.excepthook = end
sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True, write_through=False)


def create_client(**options):
    """Return a client for the server at REDIS_URL, not connected yet; exit with status 2 if that is no such URL."""
    url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
    try:
        client = Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), **options)
        client.connection_pool.make_connection()  # refuses an option that redis-py does not know
        if re.match(r"unix:|rediss?://[^/?]*(/\d*)?(\?|$)", url):  # redis-py takes any other database for number 0
            return client
    except (TypeError, ValueError):
        pass
    print("REDIS_URL is malformed: write redis://user:pass@host:port/db, rediss://... or unix://...", file=sys.stderr)
    sys.exit(2)


def connect(do, attempts=3, console=sys.stdout):
    """Return what do() returns once it gets through to the server; exit with status 1 if no attempt did.

    Prints a line on `console` for each attempt that failed, after which it waits longer (two seconds at the most).
    """
    pause = 0.2
    while True:
        try:
            result = do()
            print("Redis client connected to the server", file=console)
            return result
        except RedisError as error:
            print(f"Redis client not connected to the server: Error: {reason(error)}", file=console)
        attempts -= 1
        if attempts == 0:
            sys.exit(1)
        time.sleep(pause)
        pause = min(2, pause * 2)


def reason(error):
    """Return why an attempt failed, in node_redis's words where the operating system gave an errno."""
    cause, target = error.__context__, client.get_connection_kwargs()
    if isinstance(cause, OSError) and not isinstance(cause, (socket.gaierror, ssl.SSLError)) and cause.errno:
        address = target.get("path") or f"{target.get('host', 'localhost')}:{target.get('port', 6379)}"
        return f"Redis connection to {address} failed - connect {errno.errorcode[cause.errno]} {address}"
    return " ".join(str(error).split())


blacklisted_numbers = ["4153518780", "4153518781"]


def send_notification(phone_number, message, job, done):
    """Print that the message goes to phone_number (both strings), report the job's progress, and end it with done."""
    job.progress(0, 100)
    if phone_number in blacklisted_numbers:
        return done(ValueError(f"Phone number {phone_number} is blacklisted"))
    job.progress(50, 100)
    print(f"Sending notification to {phone_number}, with message: {message}")
    done()


def process(job, done):
    """Do what a job of the queue asks for."""
    data = job.args[0]
    send_notification(data["phoneNumber"], data["message"], job, done)


class NotificationJob(Job):
    """A job that runs `process`, and nothing else that its entry in Redis may name."""

    def progress(self, completed, total):
        """Tell the job's creator that `completed` of `total` are done, by an entry in a stream of the job's own."""
        with self.connection.pipeline() as pipeline:
            pipeline.xadd(f"{self.key}:progress", {"percent": completed * 100 // total})
            pipeline.expire(f"{self.key}:progress", 86400)
            pipeline.execute()

    def restore(self, raw_data):
        """Take what makes the job from its entry in Redis, but no callbacks, webhooks or timeout, which need not be ours."""
        fields = (b"data", b"origin", b"status", b"created_at", b"enqueued_at", b"retries_left")
        try:
            super().restore({field: raw_data[field] for field in fields if field in raw_data})
        except ValueError as error:
            raise NoSuchJobError(f"Job {self.id} is malformed") from error
        self.timeout = 20

    def perform(self):
        """Call process, unless the job names another function or lacks what that needs. Raises ValueError then."""
        match self.func_name, self.args:
            case "7_job_processor.process", [{"phoneNumber": str(), "message": str()}]:
                return process(self, done)
        raise ValueError("it does not ask for a notification, with a phoneNumber and a message")


def done(error=None):
    """End a job as Kue's done does: it fails if there is an error, and is complete otherwise."""
    if error:
        raise error


class NotificationWorker(SimpleWorker):
    """An RQ worker whose jobs are taken over by another within half a minute if it dies."""

    command = None

    def __init__(self, queues, **options):
        names = [queue.name for queue in queues]  # the pool's own queues would unpickle what they read
        super().__init__(names, worker_ttl=20, maintenance_interval=5, default_result_ttl=86400, **options)

    def work(self, **options):
        """Work until told to stop; at once, and without a word, if the processor's main process dies."""
        threading.Thread(target=lambda: (multiprocessing.parent_process().join(), os._exit(1)), daemon=True).start()
        try:
            return super().work(logging_level="ERROR")
        except RedisError as error:
            sys.exit(f"A worker ends, and another starts: {error}")

    def request_stop(self, signum, frame):
        """Stop after the job at work; if there is none, once a command to Redis waits, lest a job just taken be left."""
        command = [call for call, _ in walk_stack(frame) if call.f_code.co_name == "call_with_retry"][-1:]
        if self.get_state() == "busy" or command and command == self.command:
            return super().request_stop(signum, frame)
        self.command = command
        threading.Timer(0.05, os.kill, [os.getpid(), signum]).start()

    def subscribe(self):
        """Take no orders from RQ's pub/sub channel."""

    def heartbeat(self, timeout=None, pipeline=None):
        """Give Redis a sign of life, but not several for each job, as RQ does."""
        if pipeline is not None or (now() - self.last_heartbeat).total_seconds() > 1:
            super().heartbeat(timeout, pipeline)

    def get_heartbeat_ttl(self, job, working_time=0.0):
        """Return after how many seconds the job is another's to run."""
        return job.timeout + 5

    def handle_exception(self, job, kind, error, traceback):
        """Say why a job failed, for good: another try is for one whose worker died."""
        if kind is BrokenPipeError:  # nobody reads stdout any more: end the processor, and leave the job to another
            os.kill(os.getppid(), signal.SIGTERM)
            os._exit(1)
        job.retries_left = 0
        print(f"Job {job.id} failed: {str(error) or 'its data is not JSON'}", file=sys.stderr)

    def teardown(self):
        """Leave, without waiting for a server that is away."""
        self.connection.set_retry(Retry(NoBackoff(), 0))
        super().teardown()


class Processor(WorkerPool):
    """A main process that starts the workers, replaces one that dies, and stops them on ^C or SIGTERM."""

    def request_stop(self, signum=None, frame=None):
        self.stop_workers()
        for worker in list(self.worker_dict.values()):
            worker.process.join()
        sys.exit()


class Patience(Retry):
    """redis-py's retries, that say why an attempt failed."""

    def call_with_retry(self, do, fail, **options):
        def report(error, *count):
            print(f"Redis client not connected to the server: Error: {reason(error)}", file=sys.stderr)
            fail(error, *count)

        return super().call_with_retry(do, report, **options)


if __name__ == "__main__":
    stderr = logging.StreamHandler()
    stderr.format = lambda record: f"{record.getMessage()} {record.exc_info[1] if record.exc_info else ''}".rstrip()
    stderr.setLevel(logging.ERROR)
    logging.basicConfig(handlers=[stderr])
    client = create_client()
    connect(client.ping, attempts=math.inf, console=sys.stderr)
    client.set_retry(Patience(DecorrelatedJitterBackoff(cap=2, base=0.1), -1))
    queue = ["push_notification_code_2"]
    Processor(queue, client, 2, NotificationWorker, "json", NotificationJob).start(logging_level="ERROR")
