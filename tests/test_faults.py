"""Processes that die, a Redis that restarts: no job may be lost, and no process left behind.

RQ decides that a worker is dead 100 seconds after its job began. Some tests wait for that; the
others change the job's deadline (see time_is_up).
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rq.results import Result

from .course import (
    CHANNEL,
    CONNECTED,
    JOBS,
    QUEUES,
    REFUSED,
    WORKERS,
    created,
    in_any_order,
    transcript,
)
from .harness.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.needs_redis_server, pytest.mark.timeout(300)]
RECOVERY = 120  # seconds until the job of a dead worker is done


def worker_of(server, job_id, before=()):
    """Wait until a process that is not in `before` works on the job; return its id."""

    def pid():
        status, name = server.client.hmget(f"rq:job:{job_id}", "status", "worker_name")
        if status == b"started" and name:
            found = int(server.client.hget(f"rq:worker:{name.decode()}", "pid"))
            return found if found not in before else None

    return wait_until(pid, what=f"job {job_id} is begun")


def kill(console, *pids):
    """Kill processes of a script, and wait until they are gone."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not set(pids) & set(console.processes()), what="they have ended")


def workers(server, pair, count):
    """Wait until the pair's queue has so many workers; return the ids of their processes."""
    key = f"rq:workers:{QUEUES[pair]}"
    wait_until(lambda: server.client.scard(key) == count, what=f"{count} workers")
    return [int(server.client.hget(name, "pid")) for name in server.client.smembers(key)]


def stop(processor):
    """Type ^C: the processor must end with status 0, and all of its processes with it."""
    processor.interrupt()
    processor.expect_exit()
    wait_until(lambda: not processor.processes(), what="no process left")


def has_done_all(processor):
    """Stop a processor. It must have printed its transcript, and nothing else."""
    stop(processor)
    processor.expect_transcript()
    assert processor.stderr == ""


@pytest.fixture
def run_blocked(run, server):
    """Call run_blocked("7") to run a processor whose first jobs cannot print, and their creator.
    Returns both."""

    def run_blocked(pair):
        processor = run(f"{pair}_job_processor", held=True)
        creator = run(f"{pair}_job_creator")
        server.wait_for_jobs(pair, "wip", WORKERS[pair])
        if pair == "7":
            assert creator.wait(lambda creator: creator.stdout.count(" 50%") == 2)
        return processor, creator

    return run_blocked


@pytest.fixture
def both_processors(run_both, server):
    """Call it to run both processors until they wait for jobs. Returns them by pair."""

    def both_processors():
        processors = run_both("processor", stdout="pipe")
        server.wait_for_workers(3)
        return processors

    return both_processors


@pytest.fixture
def both_creators(run_both):
    """Call it to run both creators until all their jobs are created. Returns them by pair."""

    def both_creators():
        creators = run_both("creator")
        assert creators["6"].wait_lines(1) and creators["7"].wait_lines(11)
        return creators

    return both_creators


def time_is_up(server, pair):
    """Wait until the pair has one running job, and make its deadline pass."""
    server.wait_for_jobs(pair, "wip", 1)
    server.pass_deadlines(pair)


def test_the_process_of_6_dies(run, server, run_blocked):
    killed, creator = run_blocked("6")
    kill(killed, worker_of(server, 1))
    time_is_up(server, "6")
    processor = run("6_job_processor", stdout="pipe")
    creator.expect_end()
    has_done_all(processor)
    assert killed.stderr == ""


@pytest.mark.parametrize("at_work_on", [(3, 4), (4,)], ids=["both", "one"])
def test_workers_of_7_die(server, run_blocked, at_work_on):
    """If only one dies, the other one does all other jobs meanwhile."""
    processor, creator = run_blocked("7")
    killed = {worker_of(server, job_id) for job_id in at_work_on}
    assert len(killed) == len(at_work_on)
    kill(processor, *killed)
    processor.release()
    if len(killed) == 1:
        assert creator.wait(lambda creator: creator.stdout.count("completed") == 8)
        time_is_up(server, "7")
    creator.expect_end(timeout=RECOVERY)
    assert len(processor.processes()) == 3
    has_done_all(processor)


def test_a_worker_dies_as_it_takes_a_job(server, both_creators, both_processors):
    """The job has left the queue, but is not yet marked as started."""
    creators = both_creators()
    for queue in QUEUES.values():
        assert server.client.lmove(f"rq:queue:{queue}", f"rq:queue:{queue}:intermediate")
    processors = both_processors()
    for pair in QUEUES:
        creators[pair].expect_end(timeout=RECOVERY)
        has_done_all(processors[pair])


def test_a_job_that_kills_workers_fails_after_three_tries(run, server, enqueue, pair):
    job = enqueue(pair, JOBS[-1], job_id="1")
    processor = run(f"{pair}_job_processor", held=True)
    killed = []
    for _ in range(3):
        killed.append(worker_of(server, 1, killed))
        assert server.count_jobs(pair, "failed") == 0
        kill(processor, killed[-1])
        time_is_up(server, pair)
        if pair == "6":  # task 9's processor starts another worker by itself
            processor = run("6_job_processor", held=True)
    server.wait_for_jobs(pair, "failed", 1)
    assert server.count_jobs(pair, "finished") == 0
    assert job.latest_result().type == Result.Type.FAILED
    workers(server, pair, 3 + WORKERS[pair])  # Redis still lists the three dead ones
    stop(processor)


def test_a_job_that_takes_too_long(run, run_blocked):
    """After forty seconds it fails, and the processor goes on."""
    processor, creator = run_blocked("6")
    creator.expect_exit(timeout=60)
    assert creator.lines[0] == created(1)[0] and "failed" in creator.lines[1]
    processor.release()
    run("6_job_creator").expect_end()
    stop(processor)
    last = processor.stderr.split()[-7:]
    assert " ".join(last) == "Task exceeded maximum timeout value (40 seconds)"
    assert processor.stderr.count("Traceback") == 1


@pytest.mark.parametrize("seconds, jobs_end", [(2, "later"), (2, "meanwhile"), (28, "meanwhile")])
def test_redis_restarts(run, server, run_blocked, seconds, jobs_end):
    """All five long-running scripts survive it: nothing is lost, done twice, or reported twice."""
    subscriber = run("5_subscriber")
    subscriber.expect_line(CONNECTED)
    # Task 9's pair first: it takes longer to start, and the time of blocked jobs is running.
    blocked = {pair: run_blocked(pair) for pair in ("7", "6")}
    server.stop(save=True)
    if jobs_end == "later":
        time.sleep(seconds)
        server.start()
    for processor, _ in blocked.values():
        processor.release()
    if jobs_end == "meanwhile":
        time.sleep(seconds)
        server.start()
    for processor, creator in blocked.values():
        creator.expect_end()
        has_done_all(processor)
    for pair, finished, failed in ("6", 1, 0), ("7", 9, 2):
        assert server.count_jobs(pair, "finished") == finished
        assert server.count_jobs(pair, "failed") == failed
    server.wait_for_subscribers()
    last = transcript("5_subscriber")[-1]
    server.client.publish(CHANNEL, last)
    subscriber.expect_end([CONNECTED, last])


def test_redis_goes_away_in_mid_job(run, server, proxy):
    """It is away for nearly as long as scripts wait. No job fails, and none is done twice."""
    gone = proxy.before(b"HSET", b"rq:job:3", proxy.close)  # at the job's first progress
    creator = run("7_job_creator")
    processor = run("7_job_processor", proxy.url, stdout="pipe")
    wait_until(lambda: gone.is_set() and not proxy.listener, what="Redis is away")
    time.sleep(27)
    proxy.listen()
    creator.expect_end()
    has_done_all(processor)
    assert server.count_jobs("7", "failed") == 2


@pytest.mark.parametrize("how", ["^C", "SIGTERM"])
def test_stopped_while_a_job_runs(server, run_blocked, pair, how):
    """The job is completed, and its creator shows this; no other job is begun."""
    count = WORKERS[pair]
    processor, creator = run_blocked(pair)
    processor.type("\x03") if how == "^C" else processor.signal(signal.SIGTERM)
    assert processor.wait_exit(0.7) is None
    processor.release()
    processor.expect_exit()
    assert processor.processes() == [] and processor.stderr == ""
    assert server.count_jobs(pair, "finished") == count
    assert server.count_jobs(pair, "wip") == 0
    assert creator.wait(lambda creator: creator.stdout.count("completed") == count)
    assert len(processor.lines) == count


def test_ten_creators_and_two_processors(run, server):
    processors = [run("7_job_processor", stdout="pipe") for _ in range(2)]
    creators = [run("7_job_creator") for _ in range(10)]
    for creator in creators:
        creator.expect_end()
    assert len({line for creator in creators for line in creator.lines[:11]}) == 110
    for processor in processors:
        stop(processor)
        assert processor.stderr == ""
    printed = [line for processor in processors for line in processor.lines]
    assert in_any_order(printed) == in_any_order(transcript("7_job_processor") * 10)
    assert server.count_jobs("7", "failed") == 20
    assert server.count_jobs("7", "finished") == 90


@pytest.mark.parametrize("seconds", [(2, 2), (40,)])
def test_redis_goes_away_from_idle_processors(run, server, both_processors, seconds):
    """If that takes longer than redis-py retries, RQ says so, and RQ's own loop goes on."""
    processors = both_processors()
    pids = set(workers(server, "6", 1) + workers(server, "7", 2))
    for pause in seconds:
        server.stop(save=True)
        time.sleep(pause)
        server.start()
    for pair in QUEUES:
        run(f"{pair}_job_creator").expect_end()
    assert pids == set(workers(server, "6", 1) + workers(server, "7", 2))
    for processor in processors.values():
        stop(processor)
        processor.expect_transcript()
        assert ("could not connect" in processor.stderr) == (40 in seconds)
        assert "Traceback" not in processor.stderr


def test_interrupted_while_redis_is_away(server, both_processors):
    """The first ^C waits for Redis, the second does not."""
    processors = both_processors()
    server.stop(save=True)
    for processor in processors.values():
        processor.type("\x03")
        assert processor.wait_exit(1.5) is None
        processor.type("\x03")
        assert processor.wait_exit(15) is not None  # it would wait for Redis for 30 s
        assert not processor.processes()
        assert processor.lines == []


def test_interrupted_after_redis_was_away_and_workers_were_killed(run, server):
    """A pool starts new workers in place of dead ones. They must end on ^C, too."""
    processor = run("7_job_processor", stdout="pipe")
    server.wait_for_workers(2)
    old = workers(server, "7", 2)
    server.stop(save=True)
    kill(processor, *old)
    wait_until(lambda: len(processor.processes()) == 3, what="two new workers run")
    time.sleep(1)  # let them try to reach Redis
    processor.type("\x03")
    server.start()
    processor.expect_exit(timeout=15)
    wait_until(lambda: not processor.processes(), what="no process is left")


def test_redis_goes_away_for_good(run, server, both_creators):
    """After half a minute, each script that waits for something says so in one line, and ends."""
    subscriber = run("5_subscriber", stdout="pipe")
    server.wait_for_subscribers()
    creators = both_creators()
    server.stop()
    lost = f"127.0.0.1:{server.port}"
    refused = f"Redis error: Error 111 connecting to {lost}. Connection refused.\n"
    for creator in creators.values():
        creator.expect_exit(1, timeout=50)
        assert creator.stderr == refused
    reason = f"Error: Redis connection to {lost} failed - connect ECONNREFUSED {lost}"
    subscriber.expect_end([CONNECTED, REFUSED + reason], 1, timeout=50)
    server.start()


def test_interrupted_twice_in_mid_job(run, run_blocked, pair):
    """The processor gives the job up, and another worker does it."""
    processor, creator = run_blocked(pair)
    processor.type("\x03")
    assert processor.wait_exit(1.5) is None
    processor.type("\x03")
    time.sleep(0.5)
    processor.release()
    processor.expect_exit()
    other = run(f"{pair}_job_processor", stdout="pipe")
    creator.expect_end(timeout=RECOVERY)  # a pool can kill its workers before they do
    has_done_all(other)


def storm(run, server, fault, every):
    """Run 28 creators one after the other; call fault() at every so many of them. Return the
    creators that put all their jobs on the queue, and the processors."""
    processors = [run("7_job_processor", stdout="pipe") for _ in range(2)]
    workers(server, "7", 4)
    creators = []
    for number in range(28):
        creators.append(run("7_job_creator"))
        if number % every == 0:
            fault()
        time.sleep(0.8)
    wait_until(lambda: None not in [creator.status for creator in creators], 120, "all have ended")
    # A creator that fails to put its jobs on the queue does not retry: it says so, and ends.
    found = [creator for creator in creators if "Redis error" not in creator.stderr]
    assert len(found) > 14
    for creator in found:
        creator.expect_end()
    for processor in processors:
        stop(processor)
    return found, processors


def test_workers_are_killed_again_and_again(run, server):
    def kill_a_worker():
        names = server.client.smembers("rq:workers:push_notification_code_2")
        pids = {int(server.client.hget(name, "pid") or 0) for name in names}
        pid = (pids - killed).pop()
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)

    killed = {0}  # 0 stands for a worker without a pid
    found, processors = storm(run, server, kill_a_worker, every=5)
    assert len(found) == 28
    for processor in processors:
        assert processor.stderr == ""


def test_redis_restarts_under_load(run, server):
    def restart():
        server.stop(save=True)
        time.sleep(0.5)
        server.start("--appendonly", "yes")

    server.client.config_set("appendonly", "yes")
    storm(run, server, restart, every=7)


def test_tools_of_rq(server, both_creators, both_processors):
    """`rq info`, `suspend`, `resume` and `requeue` work on our queues and workers."""

    def tool(*arguments):
        command = [Path(sys.executable).parent / "rq", *arguments, "-S", "json", "-u", server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    processors = both_processors()
    tool("suspend")
    creators = both_creators()
    # A worker that already waits for a job does one more before it is suspended.
    server.wait_for_workers(3, "suspended")
    shown = tool("info", "--interval", "0")
    assert "3 workers, 2 queues" in shown.splitlines() and shown.count("suspended") == 3
    assert re.search(r"^push_notification_code +\W+ 0, ", shown, re.MULTILINE), shown
    assert re.search(r"^push_notification_code_2 +\W+ 9, ", shown, re.MULTILINE), shown
    tool("resume")
    for pair in QUEUES:
        creators[pair].expect_end()
    tool("requeue", "--queue", QUEUES["7"], "--all")
    server.wait_for_jobs("7", "failed", 2)  # the blacklisted ones, once more
    for pair in QUEUES:
        has_done_all(processors[pair])
