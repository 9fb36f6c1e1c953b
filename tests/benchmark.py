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

from .console import Console
from .course import OURS
from .servers import RealServer

JOBS = 1000
# The reference's job, for RQ's own workers: the same line, and the same progress.
REFERENCE = """
from rq import get_current_job

def process(data):
    job = get_current_job()
    for percent in (0, 50):
        job.meta.setdefault("progress", []).append(percent)
        job.save_meta()
    number, message = data["phoneNumber"], data["message"]
    print(f"Sending notification to {number}, with message: {message}", flush=True)
"""
DATA = {"phoneNumber": "4159999999", "message": "This is the code 1234 to verify your account"}


def environment(server):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return clean | {"REDIS_URL": server.url}


def whole(server, command):
    """The seconds from starting a command to its end."""
    start = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        env=environment(server),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def peak(server, command):
    """The peak memory of a command in MiB, as the kernel last told while it ran."""
    process = subprocess.Popen(
        command, env=environment(server), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    most = 0
    while process.poll() is None:
        most = max(most, high_water(process.pid))
        time.sleep(0.002)
    return most


def high_water(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")
    )


def by_turns(runs, *measures):
    """Run the measures in turn, `runs` times each; return the median of each."""
    results = [[measure() for measure in measures] for _ in range(runs)]
    return [
        tuple(map(statistics.median, zip(*column, strict=True)))
        if isinstance(column[0], tuple)
        else statistics.median(column)
        for column in zip(*results, strict=True)
    ]


def row(what, figure, reference, against):
    print(f"{what:<44} {figure:>12}   {reference:>12}   {against}", flush=True)


def one_liner(port, module="redis"):
    code = f"import redis; redis.Redis(port={port}).ping()"
    if module == "redis.asyncio":
        code = f"async def f(): await redis.asyncio.Redis(port={port}).ping()"
        code = f"import asyncio, redis.asyncio\n{code}\nasyncio.run(f())"
    return [sys.executable, "-c", code]


def script(name):
    return [sys.executable, str(OURS / name)]


def memory(console):
    """The peak memory in MiB of a script's processes, added up (what they share counts in each)."""
    return sum(map(high_water, console.processes()))


def two_workers(server, queue_name):
    """Wait until a processor's two workers are there, and wait for jobs."""

    def idle(worker):
        return server.client.hget(worker, "state") == b"idle"

    while sum(map(idle, server.client.smembers(f"rq:workers:{queue_name}"))) < 2:
        time.sleep(0.05)
    time.sleep(0.5)  # the rest of their start


def throughput(server, command, function, queue_name):
    """Jobs a second through a processor that is up, from the first to the last; and its memory."""
    server.client.flushall()
    queue = rq.Queue(queue_name, connection=server.client, serializer="json")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "reference_job.py").write_text(REFERENCE)
        output = os.open(os.devnull, os.O_WRONLY)
        wrapper = Path(folder, "command.py")
        wrapper.write_text(f"import os\nos.execv({command[0]!r}, {command!r})")
        with Console(wrapper, server.url, stdout=output, cwd=folder) as console:
            two_workers(server, queue_name)
            jobs = [
                rq.Queue.prepare_data(function, (DATA,), job_id=str(number))
                for number in range(JOBS)
            ]
            start = time.perf_counter()
            queue.enqueue_many(jobs)
            while server.client.zcard(f"rq:finished:{queue_name}") < JOBS:
                time.sleep(0.005)
            seconds = time.perf_counter() - start
            used = memory(console)
        os.close(output)
    return JOBS / seconds, used


def milliseconds(seconds):
    return f"{seconds * 1000:.0f} ms"


def starts(server):
    """The first four scripts, each beside a client that does no more than to connect."""
    for name in "0_redis_client", "1_redis_op", "2_redis_op_async", "4_redis_advanced_op":
        module = "redis.asyncio" if "async" in name else "redis"
        commands = script(f"{name}.py"), one_liner(server.port, module)
        ours, theirs = by_turns(15, *[partial(whole, server, command) for command in commands])
        against = f"{ours / theirs:.2f} times {module}'s ping (goal: at most 1.15)"
        row(f"{name}.py, whole process", milliseconds(ours), milliseconds(theirs), against)
        used = [f"{peak(server, command):.0f} MiB" for command in commands]
        row(f"{name}.py, peak memory", *used, "")


def eleven_jobs(server):
    commands = script("7_job_creator.py"), [sys.executable, "-c", "import redis, rq"]
    with Console(OURS / "7_job_processor.py", server.url):
        two_workers(server, "push_notification_code_2")
        ours, theirs = by_turns(15, *[partial(whole, server, command) for command in commands])
        used = [f"{peak(server, command):.0f} MiB" for command in commands]
    against = f"{ours - theirs:.3f} s more than `import redis, rq` (goal: 0.15; Kue: 0.14 s)"
    row("7_job_creator.py, all jobs", milliseconds(ours), milliseconds(theirs), against)
    row("7_job_creator.py, peak memory", *used, "")


def many_jobs(server):
    pool = [str(Path(sys.executable).parent / "rq"), "worker-pool", "-n", "2", "-q"]
    pool += ["-S", "json", "-u", server.url]
    kinds = {"default Workers": [], "SimpleWorkers": ["-w", "rq.SimpleWorker"]}
    (ours, our_memory), *references = by_turns(
        5,
        lambda: throughput(
            server,
            script("7_job_processor.py"),
            "7_job_processor.process",
            "push_notification_code_2",
        ),
        *[
            partial(
                throughput,
                server,
                [*pool, *options, "reference"],
                "reference_job.process",
                "reference",
            )
            for options in kinds.values()
        ],
    )
    for kind, (theirs, used) in zip(kinds, references, strict=True):
        against = f"{ours / theirs:.2f} times `rq worker-pool -n 2`, {kind}"
        row(
            f"7_job_processor.py, {JOBS} jobs",
            f"{ours:.0f} jobs/s",
            f"{theirs:.0f} jobs/s",
            against,
        )
        row("7_job_processor.py, memory", f"{our_memory:.0f} MiB", f"{used:.0f} MiB", kind)


def main():
    with RealServer() as server:
        row("", "the script", "reference", "")
        starts(server)
        eleven_jobs(server)
        many_jobs(server)


if __name__ == "__main__":
    main()
