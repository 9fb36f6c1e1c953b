"""Compares the scripts' times with those of references: `python -m tests.benchmark`. Not a test.

Each figure is the median of several runs. A script and its reference take turns, so both run under
the same conditions.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rq

from .course import OURS, QUEUES, sent
from .harness.console import Console, environment
from .harness.servers import RealServer

JOBS = 1000
DATA = {"phoneNumber": "4159999999", "message": "This is the code 1234 to verify your account"}
# The reference's job, for RQ's own workers. It prints the same line, and reports the same progress.
REFERENCE = f"""
from rq import get_current_job

def process(data):
    job = get_current_job()
    for percent in (0, 50):
        job.meta.setdefault("progress", []).append(percent)
        job.save_meta()
    print({sent(DATA)!r}, flush=True)
"""


def by_turns(runs, ours, reference):
    """Call two functions in turn, `runs` times each; return the medians of what they return."""
    results = [(ours(), reference()) for _ in range(runs)]
    return [statistics.median(column) for column in zip(*results)]


def run_times(server, script, code):
    """Return the seconds that a script and a line of Python take, each with Python's start."""
    env = environment(server.url)

    def seconds(*arguments):
        start = time.perf_counter()
        command = [sys.executable, *arguments]
        subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    return by_turns(15, lambda: seconds(OURS / script), lambda: seconds("-c", code))


def wait_for_workers(server):
    """Wait until two workers are ready for jobs."""
    server.wait_for_workers(2)
    time.sleep(0.5)  # let them finish starting


def throughput(server, command, function, queue_name):
    """Return how many jobs a second a processor does, once its workers are ready."""
    server.client.flushall()
    queue = rq.Queue(queue_name, connection=server.client, serializer="json")
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as output:
        Path(folder, "reference_job.py").write_text(REFERENCE)
        with Console(command, server.url, stdout=output.fileno(), cwd=folder):
            wait_for_workers(server)
            ids = map(str, range(JOBS))
            jobs = [rq.Queue.prepare_data(function, (DATA,), job_id=job_id) for job_id in ids]
            start = time.perf_counter()
            queue.enqueue_many(jobs)
            while server.client.zcard(f"rq:finished:{queue_name}") < JOBS:
                time.sleep(0.005)
            return JOBS / (time.perf_counter() - start)


def row(what, figure, reference, against):
    print(f"{what:<36} {figure:>12}   {reference:>12}   {against}", flush=True)


def main(server):
    row("", "the script", "reference", "")
    # A short script, compared with a client that only connects and sends a PING.
    ping = f"import redis; redis.Redis(port={server.port}).ping()"
    ours, theirs = run_times(server, "1_redis_op.py", ping)
    against = f"{ours / theirs:.2f} times a bare ping (goal: at most 1.15)"
    row("1_redis_op.py", f"{ours * 1000:.0f} ms", f"{theirs * 1000:.0f} ms", against)

    processor = OURS / "7_job_processor.py"
    with Console(processor, server.url):
        wait_for_workers(server)
        ours, theirs = run_times(server, "7_job_creator.py", "import redis, rq")
    against = f"{ours - theirs:.3f} s more than `import redis, rq` (goal: 0.15; Kue: 0.14 s)"
    row("7_job_creator.py", f"{ours * 1000:.0f} ms", f"{theirs * 1000:.0f} ms", against)

    pool = [str(Path(sys.executable).parent / "rq"), "worker-pool", "-n", "2", "-q", "-S", "json"]
    pool += ["-u", server.url, "-w", "rq.SimpleWorker", "reference"]
    ours, theirs = by_turns(
        5,
        lambda: throughput(server, processor, "7_job_processor.process", QUEUES["7"]),
        lambda: throughput(server, pool, "reference_job.process", "reference"),
    )
    against = f"{ours / theirs:.2f} times `rq worker-pool -n 2` with SimpleWorkers (goal: 1)"
    row("7_job_processor.py", f"{ours:.0f} jobs/s", f"{theirs:.0f} jobs/s", against)


if __name__ == "__main__":
    with RealServer() as real_server:
        main(real_server)
