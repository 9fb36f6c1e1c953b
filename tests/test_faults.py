"""Processes that die, a Redis that restarts, hostile jobs: what must be neither lost nor left.

RQ takes a worker for dead 100 seconds after its job has begun. Some tests wait for that; the others
move RQ's clock (see time_is_up).
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import rq

from .course import (
    CHANNEL,
    CONNECTED,
    QUEUES,
    created,
    from_one,
    in_any_order,
    job_by_job,
    sent,
    transcript,
)
from .harness.proxy import Proxy
from .harness.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.real, pytest.mark.timeout(300)]
RECOVERY = 120  # seconds in which the job of a worker that has died is done


def count_jobs(server, pair, state):
    """How many of the pair's jobs are "wip" (work in progress), "finished" or "failed"."""
    return server.client.zcard(f"rq:{state}:{QUEUES[pair]}")


def worker_of(server, job_id, before=()):
    """The process that works on the job, once one does that is not one of those before."""

    def pid():
        status, name = server.client.hmget(f"rq:job:{job_id}", "status", "worker_name")
        if status == b"started" and name:
            found = int(server.client.hget(f"rq:worker:{name.decode()}", "pid"))
            return found if found not in before else None

    return wait_until(pid, 15, f"job {job_id} is begun")


def kill(console, *pids):
    """End processes of a script, and wait until they are no more."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not set(pids) & set(console.processes()), 5, "they have ended")


def workers(server, pair, count):
    """The processes of the queue's workers, once there are so many."""

    def found():
        return server.client.smembers(f"rq:workers:{QUEUES[pair]}")

    wait_until(lambda: len(found()) == count, 15, f"{count} workers of {QUEUES[pair]}")
    return [int(server.client.hget(name, "pid")) for name in found()]


def ends(creator, pair, timeout=RECOVERY):
    """The creator ends by itself, with the whole transcript and no line twice."""
    creator.expect_exit(timeout=timeout)
    creator.expect_lines(
        transcript(f"{pair}_job_creator"), lambda lines: job_by_job(from_one(lines))
    )


def printed_all(lines, pair, times=1):
    """The lines are those of the processor's transcript, each once."""
    expected = transcript(f"{pair}_job_processor") * times
    assert in_any_order(lines) == in_any_order(expected)


def stop(processor, within=3):
    """^C, on the terminal: the processor ends, with status 0 and with all of its processes."""
    assert processor.status is None
    processor.type("\x03")
    processor.expect_exit(timeout=within)
    wait_until(lambda: not processor.processes(), 1, "no process left")


def has_done_all(processor, pair, pipe=None):
    """Stop a processor, which has printed what its transcript has, and nothing else."""
    stop(processor)
    printed_all(pipe.printed() if pipe else processor.lines, pair)
    assert processor.stderr == ""


@pytest.fixture
def run_blocked(run, server, full_pipe):
    """Call run_blocked("7"): a processor whose first jobs cannot print, its pipe, their creator."""

    def run_blocked(pair):
        pipe = full_pipe()
        processor = run(f"{pair}_job_processor", stdout=pipe.writer)
        creator = run(f"{pair}_job_creator")
        if pair == "6":
            wait_until(lambda: count_jobs(server, "6", "wip") == 1, 15, "the job is begun")
        else:
            assert creator.wait(lambda creator: creator.stdout.count(" 50%") == 2)
        return processor, pipe, creator

    return run_blocked


def both_processors(run, server):
    """The processor of each pair, once it waits for jobs."""
    processors = {pair: run(f"{pair}_job_processor", stdout="pipe") for pair in QUEUES}
    wait_until(lambda: server.worker_states() == [b"idle"] * 3, 15, "all three workers wait")
    return processors


def both_creators(run):
    """The creator of each pair, once its jobs wait: task 6's has the first id."""
    creators = {"6": run("6_job_creator")}
    creators["6"].expect_lines(created(1))
    creators["7"] = run("7_job_creator")
    creators["7"].expect_lines(created(*range(2, 13)))
    return creators


def time_is_up(server, pair):
    """Let RQ find out now, and not in a minute, that the one job at work has no worker."""
    key = f"rq:wip:{QUEUES[pair]}"
    wait_until(lambda: server.client.zcard(key) == 1, what="only the dead worker's job is at work")
    [execution] = server.client.zrange(key, 0, -1)
    server.client.zadd(key, {execution: 1})


def test_the_process_of_6_dies(run, server, run_blocked):
    killed, _, creator = run_blocked("6")
    kill(killed, killed.process.pid)
    time_is_up(server, "6")
    processor = run("6_job_processor", stdout="pipe")
    ends(creator, "6")
    has_done_all(processor, "6")
    assert killed.stderr == creator.stderr == ""


@pytest.mark.parametrize("at_work_on", [(3, 4), (4,)], ids=["both", "one"])
def test_workers_of_7_die(server, run_blocked, at_work_on):
    """If it is one only, the other one does all else meanwhile."""
    processor, pipe, creator = run_blocked("7")
    killed = {worker_of(server, job_id) for job_id in at_work_on}
    assert len(killed) == len(at_work_on)
    kill(processor, *killed)
    pipe.empty()
    if len(killed) == 1:
        assert creator.wait(lambda creator: creator.stdout.count("completed") == 8)
        time_is_up(server, "7")
    ends(creator, "7")
    assert len(processor.processes()) == 3
    has_done_all(processor, "7", pipe)
    assert creator.stderr == ""


def test_a_worker_dies_as_it_takes_a_job(run, server):
    """The job has left the queue, and is not yet said to be begun."""
    creators = both_creators(run)
    for queue in QUEUES.values():
        assert server.client.lmove(f"rq:queue:{queue}", f"rq:queue:{queue}:intermediate")
    processors = both_processors(run, server)
    for pair in QUEUES:
        ends(creators[pair], pair)
        has_done_all(processors[pair], pair)


@pytest.mark.parametrize("pair, count", [("6", 1), ("7", 2)])
def test_a_job_that_kills_workers_fails_after_three_tries(run, server, full_pipe, pair, count):
    queue = rq.Queue(QUEUES[pair], connection=server.client, serializer="json")
    data = {"phoneNumber": "1", "message": "m"}
    job = queue.enqueue(f"{pair}_job_processor.process", data, job_id="1", retry=rq.Retry(max=2))
    processor = run(f"{pair}_job_processor", stdout=full_pipe().writer)
    killed = []
    for _ in range(3):
        killed.append(worker_of(server, 1, killed))
        assert count_jobs(server, pair, "failed") == 0
        kill(processor, killed[-1])
        time_is_up(server, pair)
        if pair == "6":  # the other one starts a worker by itself
            processor = run("6_job_processor", stdout=full_pipe().writer)
    wait_until(lambda: count_jobs(server, pair, "failed") == 1, 20, "the job has failed")
    assert count_jobs(server, pair, "finished") == 0
    assert job.latest_result().type == rq.results.Result.Type.FAILED
    workers(server, pair, 3 + count)  # Redis still knows the three that are dead
    stop(processor)


def test_a_job_that_takes_too_long(run, run_blocked):
    """Forty seconds: it fails, and the processor goes on."""
    processor, pipe, creator = run_blocked("6")
    creator.expect_exit(timeout=45)
    assert creator.lines[0] == created(1)[0] and "failed" in creator.lines[1]
    pipe.empty()
    ends(run("6_job_creator"), "6")
    stop(processor)
    last = processor.stderr.split()[-7:]
    assert " ".join(last) == "Task exceeded maximum timeout value (40 seconds)"
    assert processor.stderr.count("Traceback") == 1


@pytest.mark.parametrize("seconds, jobs_end", [(2, "later"), (2, "meanwhile"), (28, "meanwhile")])
def test_redis_restarts(run, server, run_blocked, seconds, jobs_end):
    """With all five long-running scripts: nothing is lost, and nothing done or told twice."""
    subscriber = run("5_subscriber")
    subscriber.expect_line(CONNECTED)
    # Task 9's first: it takes longer to start, and meanwhile the jobs' time goes by.
    blocked = {pair: run_blocked(pair) for pair in ("7", "6")}
    server.stop(save=True)
    if jobs_end == "later":
        time.sleep(seconds)
        server.start()
    for _, pipe, _ in blocked.values():
        pipe.empty()
    if jobs_end == "meanwhile":
        time.sleep(seconds)
        server.start()
    for pair, (processor, pipe, creator) in blocked.items():
        ends(creator, pair, 60)
        has_done_all(processor, pair, pipe)
        assert creator.stderr == ""
    for pair, finished, failed in ("6", 1, 0), ("7", 9, 2):
        assert count_jobs(server, pair, "finished") == finished
        assert count_jobs(server, pair, "failed") == failed
    wait_until(lambda: server.client.pubsub_numsub(CHANNEL)[0][1] == 1, 10, "subscribed again")
    last = transcript("5_subscriber")[-1]
    server.client.publish(CHANNEL, last)
    subscriber.expect_end([CONNECTED, last])


def test_redis_goes_away_in_mid_job(run, server):
    """For nearly as long as it is waited for: no job fails, and none is done again."""
    with Proxy(server.port) as proxy:
        gone = proxy.before(b"HSET", b"rq:job:3", proxy.close)  # at its first progress
        creator = run("7_job_creator")
        processor = run("7_job_processor", proxy.url, stdout="pipe")
        wait_until(lambda: gone.is_set() and not proxy.listener, 10, "Redis is away")
        time.sleep(27)
        proxy.listen()
        ends(creator, "7")
        stop(processor)
        printed_all(processor.lines, "7")
        assert processor.stderr == "" and count_jobs(server, "7", "failed") == 2


def test_redis_comes_back_empty(run, server):
    creators = both_creators(run)
    server.stop()
    server.dump.unlink()
    server.start()
    for creator in creators.values():
        creator.expect_exit(1)
        assert all("created" in line for line in creator.lines)
        assert len(creator.stderr.splitlines()) == 1 and "No longer in Redis" in creator.stderr


def test_the_creators_die(run, server):
    for creator in both_creators(run).values():
        creator.signal(signal.SIGKILL)
        creator.wait_exit()
    processors = both_processors(run, server)
    wait_until(lambda: count_jobs(server, "6", "finished") == 1, 10, "task 7's job is finished")
    wait_until(lambda: count_jobs(server, "7", "finished") == 9, 10, "task 9's jobs are finished")
    for pair, processor in processors.items():
        has_done_all(processor, pair)


@pytest.mark.parametrize("pair", QUEUES)
def test_hostile_jobs(run, server, tmp_path, pair):
    """Whatever Redis says that a job calls: it calls process, and nothing else."""
    script, queue, proof = f"{pair}_job_processor", QUEUES[pair], tmp_path / "proof"
    pickled = f"cos\nsystem\n(S'touch {proof}'\ntR.".encode()  # it runs what it says when read
    good = {"phoneNumber": "1", "message": "good"}
    names = "os.abort", f"{script}.send_notification", None, ["a"]
    harmless = [{"data": json.dumps([name, None, [good], {}])} for name in names]
    arguments = [], [{"phoneNumber": "1"}], [{"message": "m"}], [good, good]
    calls = [[f"{script}.process", None, each, {}] for each in arguments]
    calls += [["os.system", None, [f"touch {proof}"], {}], {"phoneNumber": "1"}, None]
    payloads = [b"", b"not JSON", b"\xff\xfe", b"[" * 100_000, pickled, *map(json.dumps, calls)]
    failing = [{"data": payload} for payload in payloads]
    # Task 9's cannot add its progress to a meta that it cannot read.
    (harmless if pair == "6" else failing).append(harmless[0] | {"meta": pickled})
    with socket.create_server(("127.0.0.1", 0)) as web:
        url = f"http://127.0.0.1:{web.getsockname()[1]}"
        hooks = [{"url": url, "job_status": end} for end in ("finished", "failed")]
        extra = {f"{end}_callback_name": "os.abort" for end in ("success", "failure", "stopped")}
        extra["webhooks"] = json.dumps(hooks)
        harmless.append(harmless[0] | extra)
        failing.append({"data": json.dumps(calls[0])} | extra)
        common = {"status": "queued", "origin": queue, "created_at": "2026-01-01T00:00:00.000000Z"}
        server.client.rpush(f"rq:queue:{queue}", "nowhere")
        for number, fields in enumerate([{}, *failing, *harmless]):
            server.client.hset(f"rq:job:{number}", mapping=common | fields)
            server.client.rpush(f"rq:queue:{queue}", number)
        processor = run(script, stdout="pipe")
        wait_until(lambda: count_jobs(server, pair, "finished") == len(harmless), 15)
        wait_until(lambda: count_jobs(server, pair, "failed") == len(failing), 5)
        web.settimeout(0.5)
        with pytest.raises(TimeoutError):
            web.accept()
    assert server.client.llen(f"rq:queue:{queue}") == 0
    stop(processor)
    assert processor.lines == [sent(good)] * len(harmless)
    assert processor.stderr.count("Traceback") >= len(failing)
    assert not proof.exists()


@pytest.mark.parametrize("how", ["^C", "SIGTERM"])
@pytest.mark.parametrize("pair, count", [("6", 1), ("7", 2)])
def test_stopped_while_a_job_runs(server, run_blocked, pair, count, how):
    """The job ends, and its end is told; no other one is begun."""
    processor, pipe, creator = run_blocked(pair)
    processor.type("\x03") if how == "^C" else processor.signal(signal.SIGTERM)
    assert processor.wait_exit(0.7) is None
    pipe.empty()
    processor.expect_exit(timeout=3)
    assert processor.processes() == [] and processor.stderr == ""
    assert count_jobs(server, pair, "finished") == count
    assert count_jobs(server, pair, "wip") == 0
    assert creator.wait(lambda creator: creator.stdout.count("completed") == count)
    assert len(pipe.printed()) == count


def test_ten_creators_and_two_processors(run, server):
    processors = [run("7_job_processor", stdout="pipe") for _ in range(2)]
    creators = [run("7_job_creator") for _ in range(10)]
    for creator in creators:
        ends(creator, "7", 60)
    assert len({line for creator in creators for line in creator.lines[:11]}) == 110
    for processor in processors:
        stop(processor)
        assert processor.stderr == ""
    printed_all([line for processor in processors for line in processor.lines], "7", 10)
    assert count_jobs(server, "7", "failed") == 20
    assert count_jobs(server, "7", "finished") == 90


@pytest.mark.parametrize("seconds", [(2, 2), (40,)])
def test_redis_goes_away_from_idle_processors(run, server, seconds):
    """Also for longer than redis-py tries: RQ says so then, and its own loop goes on."""
    processors = both_processors(run, server)
    pids = set(workers(server, "6", 1) + workers(server, "7", 2))
    for pause in seconds:
        server.stop(save=True)
        time.sleep(pause)
        server.start()
    for pair in QUEUES:
        ends(run(f"{pair}_job_creator"), pair, 15)
    assert pids == set(workers(server, "6", 1) + workers(server, "7", 2))
    for pair, processor in processors.items():
        stop(processor)
        printed_all(processor.lines, pair)
        assert ("could not connect" in processor.stderr) == (40 in seconds)
        assert "Traceback" not in processor.stderr


def test_redis_refuses_writes(run, server):
    """A disk that is full, a replica: some lines say so, and task 9's processor recovers."""
    processors = both_processors(run, server)
    server.client.replicaof("127.0.0.1", 1)
    time.sleep(12)
    processors["6"].expect_exit(1)
    for processor in processors.values():
        lines = processor.stderr.splitlines()
        assert "read only replica" in lines[-1] and lines[-1].startswith("A worker has stopped: ")
        assert len(lines) <= 150
    assert processors["7"].status is None
    server.client.replicaof("NO", "ONE")
    ends(run("7_job_creator"), "7", 15)
    stop(processors["7"])
    printed_all(processors["7"].lines, "7")


def test_interrupted_while_redis_is_away(run, server):
    """The first ^C waits for Redis, the second does not."""
    processors = both_processors(run, server)
    server.stop(save=True)
    for processor in processors.values():
        processor.type("\x03")
        assert processor.wait_exit(1.5) is None
        processor.type("\x03")
        assert processor.wait_exit(3) is not None
        assert not processor.processes()
        assert processor.lines == []


@pytest.mark.parametrize("pair", QUEUES)
def test_interrupted_twice_in_mid_job(run, run_blocked, pair):
    """The job is given up, and another worker does it."""
    processor, pipe, creator = run_blocked(pair)
    processor.type("\x03")
    assert processor.wait_exit(1.5) is None
    processor.type("\x03")
    time.sleep(0.5)
    pipe.empty()
    processor.expect_exit(timeout=3)
    other = run(f"{pair}_job_processor", stdout="pipe")
    ends(creator, pair)
    has_done_all(other, pair)


def storm(run, server, fault, every):
    """28 creators come one after the other, and with every so many of them a fault happens."""
    processors = [run("7_job_processor", stdout="pipe") for _ in range(2)]
    workers(server, "7", 4)
    creators = []
    for number in range(28):
        creators.append(run("7_job_creator"))
        if number % every == 0:
            fault()
        time.sleep(0.8)
    wait_until(lambda: None not in [creator.status for creator in creators], 120, "all have ended")
    found = [creator for creator in creators if "not connected" not in creator.stderr]
    assert len(found) > 14
    for creator in found:
        ends(creator, "7", 1)
    for processor in processors:
        stop(processor, 5)
    return found, processors


def test_workers_are_killed_again_and_again(run, server):
    def kill_a_worker():
        names = server.client.smembers("rq:workers:push_notification_code_2")
        pids = {int(server.client.hget(name, "pid") or 0) for name in names}
        pid = (pids - killed).pop()
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)

    killed = {0}  # no worker's
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


def test_tools_of_rq(run, server):
    """`rq info`, `suspend`, `resume` and `requeue` work on our queues and workers."""

    def tool(*arguments):
        command = [Path(sys.executable).parent / "rq", *arguments, "-S", "json", "-u", server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    processors = both_processors(run, server)
    tool("suspend")
    creators = both_creators(run)
    # A worker that waits for a job is suspended once it has done one more.
    wait_until(lambda: server.worker_states() == [b"suspended"] * 3, 10, "all workers suspended")
    shown = tool("info", "--interval", "0")
    assert "3 workers, 2 queues" in shown.splitlines() and shown.count("suspended") == 3
    assert re.search(r"^push_notification_code +\W+ 0, ", shown, re.MULTILINE), shown
    assert re.search(r"^push_notification_code_2 +\W+ 9, ", shown, re.MULTILINE), shown
    tool("resume")
    for pair in QUEUES:
        ends(creators[pair], pair, 15)
    tool("requeue", "--queue", QUEUES["7"], "--all")
    for job_id in 2, 3:
        wait_until(lambda job_id=job_id: server.client.xlen(f"rq:results:{job_id}") == 2, 5)
    wait_until(lambda: count_jobs(server, "7", "failed") == 2, 5, "the blacklisted fail again")
    for pair in QUEUES:
        has_done_all(processors[pair], pair)
