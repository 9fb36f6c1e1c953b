"""Times the scripts beside their references: `python -m tests.benchmark`. It needs a redis-server, and is no test.

Each figure is the median of several runs; a script and its reference take turns, so that both see the same machine.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rq

from .console import Console
from .course import OURS
from .servers import RealServer

JOBS = 1000
# The reference's job: a line and the same two entries in a stream of progress, for RQ's own workers.
REFERENCE = """
from rq import get_current_job

def process(data):
    job = get_current_job()
    for percent in (0, 50):
        with job.connection.pipeline() as pipeline:
            pipeline.xadd(f"{job.key}:progress", {"percent": percent})
            pipeline.expire(f"{job.key}:progress", 86400)
            pipeline.execute()
    print(f"Sending notification to {data['phoneNumber']}, with message: {data['message']}", flush=True)
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
        code = f"import asyncio, redis.asyncio as r\nasync def f(): await r.Redis(port={port}).ping()\nasyncio.run(f())"
    return [sys.executable, "-c", code]


def script(name):
    return [sys.executable, str(OURS / name)]


def memory(console):
    """The peak memory in MiB of a script's processes, added up (what they share counts in each)."""
    return sum(map(high_water, console.processes()))


def throughput(server, command, function, queue_name):
    """Jobs a second through a processor that is up, from the first to the last; and its peak memory."""
    server.client.flushall()
    queue = rq.Queue(queue_name, connection=server.client, serializer="json")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "reference_job.py").write_text(REFERENCE)
        output = os.open(os.devnull, os.O_WRONLY)
        wrapper = Path(folder, "command.py")
        wrapper.write_text(f"import os\nos.execv({command[0]!r}, {command!r})")
        with Console(wrapper, server.url, stdout=output, cwd=folder) as console:
            workers = f"rq:workers:{queue_name}"
            while server.client.scard(workers) < 2:
                time.sleep(0.05)
            time.sleep(0.5)
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


def main():
    with RealServer() as server:
        row("", "the script", "reference", "")
        for name in (
            "0_redis_client.py",
            "1_redis_op.py",
            "2_redis_op_async.py",
            "4_redis_advanced_op.py",
        ):
            module = "redis.asyncio" if "async" in name else "redis"
            ours, theirs = by_turns(
                15,
                lambda name=name: whole(server, script(name)),
                lambda m=module: whole(server, one_liner(server.port, m)),
            )
            against = f"{ours / theirs:.2f} times {module}'s ping (goal: at most 1.15)"
            row(
                f"{name}, whole process",
                f"{ours * 1000:.0f} ms",
                f"{theirs * 1000:.0f} ms",
                against,
            )
            used = peak(server, script(name)), peak(server, one_liner(server.port, module))
            row(f"{name}, peak memory", f"{used[0]:.0f} MiB", f"{used[1]:.0f} MiB", "")
        with Console(OURS / "7_job_processor.py", server.url) as processor:
            processor.wait(lambda console: "connected" in console.stderr)
            time.sleep(1)
            ours, theirs = by_turns(
                15,
                lambda: whole(server, script("7_job_creator.py")),
                lambda: whole(server, [sys.executable, "-c", "import redis, rq"]),
            )
            used = (
                peak(server, script("7_job_creator.py")),
                peak(server, [sys.executable, "-c", "import redis, rq"]),
            )
        against = f"{ours - theirs:.3f} s more than `import redis, rq` (goal: at most 0.1; Kue: 0.14 s in all)"
        row(
            "7_job_creator.py, eleven jobs to their end",
            f"{ours * 1000:.0f} ms",
            f"{theirs * 1000:.0f} ms",
            against,
        )
        row("7_job_creator.py, peak memory", f"{used[0]:.0f} MiB", f"{used[1]:.0f} MiB", "")
        pool = [
            str(Path(sys.executable).parent / "rq"),
            "worker-pool",
            "-n",
            "2",
            "-S",
            "json",
            "-u",
            server.url,
            "-q",
        ]
        (ours, our_memory), (default, default_memory), (simple, simple_memory) = by_turns(
            3,
            lambda: throughput(
                server,
                script("7_job_processor.py"),
                "7_job_processor.process",
                "push_notification_code_2",
            ),
            lambda: throughput(server, [*pool, "reference"], "reference_job.process", "reference"),
            lambda: throughput(
                server,
                [*pool, "-w", "rq.SimpleWorker", "reference"],
                "reference_job.process",
                "reference",
            ),
        )
        for name, theirs, used in (
            ("default Workers", default, default_memory),
            ("SimpleWorkers", simple, simple_memory),
        ):
            against = f"{ours / theirs:.2f} times `rq worker-pool -n 2`, {name}"
            row(
                f"7_job_processor.py, {JOBS} jobs",
                f"{ours:.0f} jobs/s",
                f"{theirs:.0f} jobs/s",
                against,
            )
            row(
                "7_job_processor.py, peak memory, added up",
                f"{our_memory:.0f} MiB",
                f"{used:.0f} MiB",
                name,
            )


if __name__ == "__main__":
    main()
