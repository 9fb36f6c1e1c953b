"""Queues on Redis: jobs:ids counts, queue:NAME is a sorted set of job data (JSON), job:ID the job's state (JSON)."""
import time
from concurrent.futures import ThreadPoolExecutor
from json import dumps, loads

from lib import ask, console, db, stop

console["greet"] = False


class Job:
    def __init__(self, id, queue, data):
        self.id, self.queue, self.data = id, queue, data
        self.doc = {"id": id, "queue": queue, "state": "inactive", "progress": 0, "error": None, "log": []}

    def save(self, *event, **fields):
        self.doc.update(fields)
        self.doc["log"] += [event] if event else []
        ask(db.set, f"job:{self.id}", dumps(self.doc))

    def progress(self, completed, total):
        percent = completed * 100 // total
        self.save("progress", percent, progress=percent)

    def done(self, error=None):
        if error is None:
            self.save("complete", None, state="complete", progress=100)
        else:
            self.save("failed", str(error), state="failed", error=str(error))


def create(queue, data):
    job = Job(ask(db.incr, "jobs:ids"), queue, data)
    item = dumps({"id": job.id, "queue": queue, "data": data})
    ask(db.pipeline().set(f"job:{job.id}", dumps(job.doc)).zadd(f"queue:{queue}", {item: job.id}).execute)
    return job.id


def events(ids):
    """Poll the jobs' documents; yield (id, event, value), none left out, until all jobs have ended."""
    seen = dict.fromkeys(ids, 0)
    while seen:
        for doc in map(loads, filter(None, ask(db.mget, [f"job:{id}" for id in seen]))):
            yield from ((doc["id"], *event) for event in doc["log"][seen[doc["id"]]:])
            seen[doc["id"]] = len(doc["log"])
            if doc["state"] in ("complete", "failed"):
                del seen[doc["id"]]
        time.sleep(.05)


def process(queue, handler, concurrency=1):
    """Call handler(job, done) for each job of the queue, `concurrency` at a time, until `stop` is set."""
    def worker():
        while not stop.is_set():
            if popped := ask(db.bzpopmin, f"queue:{queue}", timeout=.3):
                job = Job(**loads(popped[1]))
                job.save(state="active")
                try:
                    handler(job, job.done)
                except Exception as error:
                    job.done(error)

    with ThreadPoolExecutor(concurrency) as pool:
        for future in [pool.submit(worker) for _ in range(concurrency)]:
            future.result()
