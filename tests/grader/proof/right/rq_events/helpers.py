#!/usr/bin/env python3
"""Small helpers for the scripts of this folder."""
import errno
import json
import os
import signal
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Callback, Queue
from rq.serializers import JSONSerializer

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")


# ---------- tasks 0 to 5: what node_redis does by itself ----------

def log(*args):
    """console.log: nothing waits in a buffer."""
    print(*args, flush=True)


def quit_on_ctrl_c():
    """^C ends the script at once, without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def create_client():
    """A client that does not retry by itself, connect() does it."""
    return redis.Redis.from_url(REDIS_URL, decode_responses=True,
                                retry=Retry(NoBackoff(), 0))


def error_message(client, err):
    """The error in the words of node_redis."""
    kwargs = client.connection_pool.connection_kwargs
    address = "%s:%s" % (kwargs.get("host", "127.0.0.1"),
                         kwargs.get("port", 6379))
    cause = err
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in errno.errorcode:
            return "Error: Redis connection to %s failed - connect %s %s" % (
                address, errno.errorcode[cause.errno], address)
        cause = cause.__cause__ or cause.__context__
    return "Error: Redis connection to %s failed - %s" % (address, err)


def log_not_connected(client, err):
    log("Redis client not connected to the server: "
        + error_message(client, err))


def connect(client):
    """Try until the server answers, and log what happens."""
    wait = 0.2
    while True:
        try:
            client.ping()
        except redis.RedisError as err:
            log_not_connected(client, err)
            time.sleep(wait)
            wait = min(wait * 1.7, 5)
        else:
            log("Redis client connected to the server")
            return


def stay_alive(client):
    """Node stays alive as long as the client is open."""
    while True:
        time.sleep(0.5)
        try:
            client.ping()
        except redis.RedisError:
            connect(client)


def run(callback, command, *args):
    """Do a command and hand (error, reply) to the callback."""
    try:
        reply = command(*args)
    except redis.RedisError as err:
        callback(err, None)
    else:
        callback(None, reply)


def print_reply(err, reply):
    """redis.print"""
    if err:
        log("Error: " + str(err))
    else:
        log("Reply: " + ("OK" if reply is True else str(reply)))


# ---------- tasks 6 to 9: what Kue has and RQ has not ----------

def create_queue(name):
    """An RQ queue whose jobs are stored as JSON."""
    return Queue(name, connection=redis.Redis.from_url(REDIS_URL),
                 serializer=JSONSerializer)


def create_job(queue, function, data):
    """Put a job with the next number into the queue."""
    job_id = str(queue.connection.incr("rq:ids"))
    return queue.enqueue(
        function, data, job_id=job_id, meta={"data": data}, result_ttl=-1,
        on_success=Callback("helpers.on_success"),
        on_failure=Callback("helpers.on_failure"))


def publish(job, event, value=None):
    """Worker: tell the creator what happened to a job."""
    message = {"id": job.id, "event": event, "value": value}
    job.connection.publish("rq:events:" + job.origin, json.dumps(message))


def progress(job, done, total):
    """Worker: job.progress(done, total) of Kue."""
    job.meta["progress"] = done * 100 // total
    job.save_meta()
    publish(job, "progress", job.meta["progress"])


def on_success(job, connection, result, *args, **kwargs):
    publish(job, "complete")


def on_failure(job, connection, type, value, traceback):
    publish(job, "failed", str(value))


def subscribe(queue):
    """Creator: call this before the first job is created."""
    pubsub = queue.connection.pubsub()
    pubsub.subscribe("rq:events:" + queue.name)
    while pubsub.get_message(timeout=1) is None:
        pass
    return pubsub


def events(pubsub, jobs):
    """Creator: the events of these jobs, one after the other."""
    ids = [job.id for job in jobs]
    for item in pubsub.listen():
        if item["type"] == "message":
            message = json.loads(item["data"])
            if message["id"] in ids:
                yield message["id"], message["event"], message["value"]
