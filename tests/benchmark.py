"""Times the scripts beside their references: `python -m tests.benchmark`. It is no test.

Each figure is the median of several runs; a script and its reference take turns, so that both see
the same machine.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import rq

from .course import OURS, QUEUES, sent
from .harness.console import Console, environment
from .harness.servers import RealServer
from .harness.waiting import wait_until

JOBS = 1000
DATA = {"phoneNumber": "4159999999", "message": "This is the code 1234 to verify your account"}
# The reference's job, for RQ's own workers: the same line, and the same progress.
REFERENCE = f"""
from rq import get_current_job

def process(data):
    job = get_current_job()
    for percent in (0, 50):
        job.meta.setdefault("progress", []).append(percent)
        job.save_meta()
    print({sent(DATA)!r}, flush=True)
"""


def by_turns(runs, *measures):
    """Run the measures in turn, `runs` times each; return the median of each."""
    results = [[measure() for measure in measures] for _ in range(runs)]
    return [statistics.median(column) for column in zip(*results, strict=True)]


def seconds(server, *arguments):
    """The seconds from starting Python to its end."""
    start = time.perf_counter()
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, env=environment(server.url), stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def run_times(server, script, code):
    """The seconds that a script takes, and those that a line of Python takes."""
    ours = partial(seconds, server, OURS / script)
    return by_turns(15, ours, partial(seconds, server, "-c", code))


def row(what, figure, reference, against):
    print(f"{what:<36} {figure:>12}   {reference:>12}   {against}", flush=True)


def start(server):
    """A short script, beside a client that does no more than to connect."""
    ping = f"import redis; redis.Redis(port={server.port}).ping()"
    ours, theirs = run_times(server, "1_redis_op.py", ping)
    against = f"{ours / theirs:.2f} times a bare ping (goal: at most 1.15)"
    row("1_redis_op.py", f"{ours * 1000:.0f} ms", f"{theirs * 1000:.0f} ms", against)


def wait_for_workers(server):
    """Wait until two workers are there, and wait for jobs."""
    wait_until(lambda: server.worker_states() == [b"idle"] * 2)
    time.sleep(0.5)  # the rest of their start


def eleven_jobs(server):
    with Console(OURS / "7_job_processor.py", server.url):
        wait_for_workers(server)
        ours, theirs = run_times(server, "7_job_creator.py", "import redis, rq")
    against = f"{ours - theirs:.3f} s more than `import redis, rq` (goal: 0.15; Kue: 0.14 s)"
    row("7_job_creator.py", f"{ours * 1000:.0f} ms", f"{theirs * 1000:.0f} ms", against)


def throughput(server, command, function, queue_name):
    """Jobs a second through a processor that is up, from the first to the last."""
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


def many_jobs(server):
    pool = [str(Path(sys.executable).parent / "rq"), "worker-pool", "-n", "2", "-q", "-S", "json"]
    pool += ["-u", server.url, "-w", "rq.SimpleWorker", "reference"]
    processor, function = OURS / "7_job_processor.py", "7_job_processor.process"
    ours, theirs = by_turns(
        5,
        partial(throughput, server, processor, function, QUEUES["7"]),
        partial(throughput, server, pool, "reference_job.process", "reference"),
    )
    against = f"{ours / theirs:.2f} times `rq worker-pool -n 2` with SimpleWorkers (goal: 1)"
    row("7_job_processor.py", f"{ours:.0f} jobs/s", f"{theirs:.0f} jobs/s", against)


if __name__ == "__main__":
    with RealServer() as server:
        row("", "the script", "reference", "")
        start(server)
        eleven_jobs(server)
        many_jobs(server)
