"""Processes that die, a Redis that restarts, hostile jobs: what must be neither lost nor left.

RQ takes a worker for dead 70 seconds after its job has begun. One test waits for that; the others
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

from .course import CHANNEL, QUEUES, from_one, in_any_order, job_by_job, transcript
from .harness.proxy import Proxy
from .harness.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.real]
RECOVERY = 90  # seconds in which the job of a worker that has died is done


def begun(server, task, count):
    """Wait until this many jobs of the task's queue are begun."""
    key = f"rq:wip:{QUEUES[task]}"
    wait_until(
        lambda: server.client.zcard(key) == count, 15, f"{count} jobs of task {task} at work"
    )


def at_half(creator):
    """Wait until two jobs of task 9 are about to print."""
    assert creator.wait(lambda creator: creator.stdout.count(" 50% complete") == 2)


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


def workers(server, task, count):
    """The processes of the queue's workers, once there are so many."""

    def found():
        return server.client.smembers(f"rq:workers:{QUEUES[task]}")

    wait_until(lambda: len(found()) == count, 15, f"{count} workers of task {task}")
    return [int(server.client.hget(name, "pid")) for name in found()]


def ends(creator, task, timeout=RECOVERY):
    """The creator ends by itself, with the whole transcript and no line twice."""
    creator.wait_exit(timeout)
    shown = job_by_job(from_one(creator.lines))
    assert shown == job_by_job(transcript(f"{task}_job_creator")), creator.stdout + creator.stderr
    assert creator.status == 0


def finished(server, task):
    return server.client.zcard(f"rq:finished:{QUEUES[task]}")


def failed(server, task):
    return server.client.zcard(f"rq:failed:{QUEUES[task]}")


def printed_all(lines, task, times=1):
    """The lines are those of the processor's transcript, each once."""
    expected = transcript(f"{task}_job_processor") * times
    assert in_any_order(lines) == in_any_order(expected)


def stop(processor, within=3):
    """^C, on the terminal: the processor ends, with status 0 and with all of its processes."""
    processor.type("\x03")
    assert processor.wait_exit(within) == 0, processor.stderr
    wait_until(lambda: not processor.processes(), 1, "no process left")


def time_is_up(server, task):
    """Let RQ find out now, and not in a minute, that the one job at work has no worker."""
    key = f"rq:wip:{QUEUES[task]}"
    wait_until(lambda: server.client.zcard(key) == 1, what="only the dead worker's job is at work")
    [execution] = server.client.zrange(key, 0, -1)
    server.client.zadd(key, {execution: 1})


def test_the_process_of_6_dies(run, server, full_pipe):
    killed = run("6_job_processor", stdout=full_pipe().writer)
    creator = run("6_job_creator")
    begun(server, "6", 1)
    kill(killed, killed.process.pid)
    time_is_up(server, "6")
    processor = run("6_job_processor", stdout="pipe")
    ends(creator, "6")
    stop(processor)
    printed_all(processor.lines, "6")
    assert killed.stderr == processor.stderr == creator.stderr == ""


def test_the_workers_of_7_die(run, server, full_pipe):
    stuck = full_pipe()
    processor = run("7_job_processor", stdout=stuck.writer)
    creator = run("7_job_creator")
    at_half(creator)
    killed = {worker_of(server, 3), worker_of(server, 4)}
    assert len(killed) == 2
    kill(processor, *killed)
    stuck.empty()
    ends(creator, "7")
    assert processor.status is None and len(processor.processes()) == 3
    stop(processor)
    printed_all(stuck.printed(), "7")
    assert processor.stderr == creator.stderr == ""


def test_one_worker_of_7_dies(run, server, full_pipe):
    """The other one does all else meanwhile."""
    stuck = full_pipe()
    processor = run("7_job_processor", stdout=stuck.writer)
    creator = run("7_job_creator")
    at_half(creator)
    kill(processor, worker_of(server, 4))
    stuck.empty()
    assert creator.wait(lambda creator: creator.stdout.count("completed") == 8)
    time_is_up(server, "7")
    ends(creator, "7")
    stop(processor)
    printed_all(stuck.printed(), "7")
    assert processor.stderr == creator.stderr == ""


def test_a_worker_dies_as_it_takes_a_job(run, server):
    """The job has left the queue, and is not yet said to be begun."""
    creators = [run("6_job_creator")]
    assert creators[0].wait_line("Notification job created: 1")
    creators.append(run("7_job_creator"))
    assert creators[1].wait_line("Notification job created: 12")
    for queue in QUEUES.values():
        assert server.client.lmove(f"rq:queue:{queue}", f"rq:queue:{queue}:intermediate")
    processors = [run(f"{task}_job_processor", stdout="pipe") for task in QUEUES]
    for creator, processor, task in zip(creators, processors, QUEUES, strict=True):
        ends(creator, task)
        stop(processor)
        printed_all(processor.lines, task)


def test_a_job_that_kills_6_fails_after_three_tries(run, server, full_pipe):
    creator = run("6_job_creator")
    killed = []
    for _ in range(3):
        processor = run("6_job_processor", stdout=full_pipe().writer)
        killed.append(worker_of(server, 1, killed))
        assert creator.lines == ["Notification job created: 1"]
        kill(processor, killed[-1])
        time_is_up(server, "6")
    processor = run("6_job_processor", stdout="pipe")
    assert creator.wait_exit(20) == 0
    assert creator.lines == ["Notification job created: 1", "Notification job failed"]
    assert failed(server, "6") == 1 and finished(server, "6") == 0
    stop(processor)
    assert processor.lines == []


def test_a_job_that_kills_workers_of_7_fails_after_three_tries(run, server, full_pipe):
    queue = rq.Queue(QUEUES["7"], connection=server.client, serializer="json")
    data = {"phoneNumber": "1", "message": "m"}
    retry = rq.Retry(max=2)
    job = queue.enqueue("7_job_processor.process", data, job_id="1", retry=retry)
    processor = run("7_job_processor", stdout=full_pipe().writer)
    killed = []
    for _ in range(3):
        killed.append(worker_of(server, 1, killed))
        assert failed(server, "7") == 0
        kill(processor, killed[-1])
        time_is_up(server, "7")
    wait_until(lambda: failed(server, "7") == 1, 20, "the job has failed")
    assert job.latest_result().type == rq.results.Result.Type.FAILED
    assert len(workers(server, "7", 5)) == 5  # two that live
    stop(processor)


def test_a_job_that_takes_too_long(run, server, full_pipe):
    """Ten seconds: it fails, and the processor goes on."""
    stuck = full_pipe()
    processor = run("6_job_processor", stdout=stuck.writer)
    creator = run("6_job_creator")
    assert creator.wait_exit(15) == 0
    assert creator.lines == ["Notification job created: 1", "Notification job failed"]
    stuck.empty()
    creator = run("6_job_creator")
    assert creator.wait_exit() == 0
    assert creator.lines == ["Notification job created: 2", "Notification job completed"]
    stop(processor)
    last = processor.stderr.split()[-7:]
    assert " ".join(last) == "Task exceeded maximum timeout value (10 seconds)"
    assert processor.stderr.count("Traceback") == 1


def all_five(run, server, full_pipe):
    """The five long-running scripts at work: two processors, each with all the jobs it can do."""
    subscriber = run("5_subscriber")
    stuck = {task: full_pipe() for task in QUEUES}
    processors = {task: run(f"{task}_job_processor", stdout=stuck[task].writer) for task in QUEUES}
    workers(server, "6", 1), workers(server, "7", 2)
    creators = {"6": run("6_job_creator")}
    assert creators["6"].wait_line("Notification job created: 1")
    creators["7"] = run("7_job_creator")
    begun(server, "6", 1)
    at_half(creators["7"])
    assert subscriber.wait_line("Redis client connected to the server")
    return subscriber, processors, creators, stuck


def all_went_on(server, subscriber, processors, creators, stuck):
    """Nothing was lost, and nothing done or told twice."""
    for task in QUEUES:
        ends(creators[task], task, 40)
        assert processors[task].status is None
        stop(processors[task])
        printed_all(stuck[task].printed(), task)
        assert creators[task].stderr == processors[task].stderr == ""
    assert finished(server, "6") == 1 and failed(server, "6") == 0
    assert finished(server, "7") == 9 and failed(server, "7") == 2
    wait_until(lambda: server.client.pubsub_numsub(CHANNEL)[0][1] == 1, 10, "subscribed again")
    server.client.publish(CHANNEL, "KILL_SERVER")
    assert subscriber.wait_exit() == 0
    assert subscriber.lines == [*transcript("0_redis_client"), "KILL_SERVER"]
    assert subscriber.stderr == ""


@pytest.mark.parametrize("seconds, jobs_end", [(2, "later"), (2, "meanwhile"), (12, "meanwhile")])
def test_redis_restarts(run, server, full_pipe, seconds, jobs_end):
    subscriber, processors, creators, stuck = all_five(run, server, full_pipe)
    server.stop(save=True)
    if jobs_end == "later":
        time.sleep(seconds)
        server.start()
    for pipe in stuck.values():
        pipe.empty()
    if jobs_end == "meanwhile":
        time.sleep(seconds)
        server.start()
    all_went_on(server, subscriber, processors, creators, stuck)


def test_redis_goes_away_in_mid_job(run, server):
    """For longer than a job may take: which is no error of the job, so that it is done again."""
    proxy = Proxy(0, server.port)
    proxy.listen()
    gone = proxy.before(b"HSET", b"rq:job:3", proxy.close)  # at its first progress
    creator = run("7_job_creator")
    processor = run("7_job_processor", f"redis://127.0.0.1:{proxy.port}", stdout="pipe")
    wait_until(lambda: gone and not proxy.listener, 10, "Redis is away")
    time.sleep(12)
    proxy.listen()
    ends(creator, "7")
    stop(processor)
    printed_all(processor.lines, "7")
    proxy.close()


def waiting(run):
    creators = [run("6_job_creator")]
    assert creators[0].wait_line("Notification job created: 1")
    creators.append(run("7_job_creator"))
    assert creators[1].wait_line("Notification job created: 12")
    return creators


def test_redis_comes_back_empty(run, server):
    creators = waiting(run)
    server.client.flushall()
    server.stop(save=True)
    server.start()
    for creator in creators:
        assert creator.wait_exit(10) == 1
        assert all("created" in line for line in creator.lines)
        assert len(creator.stderr.splitlines()) == 1 and "No such job" in creator.stderr


def test_the_creators_die(run, server):
    for creator in waiting(run):
        creator.signal(signal.SIGKILL)
        creator.wait_exit()
    processors = {task: run(f"{task}_job_processor", stdout="pipe") for task in QUEUES}
    wait_until(lambda: finished(server, "6") == 1, 10, "task 7's job is finished")
    wait_until(lambda: finished(server, "7") == 9, 10, "nine jobs of task 9 are finished")
    for task, processor in processors.items():
        stop(processor)
        printed_all(processor.lines, task)
        assert processor.stderr == ""


def test_hostile_jobs(run, server):
    """Whatever Redis says that a job calls: it calls process, and nothing else."""
    proof = f"/tmp/hostile-{server.port}"
    pickled = f"cos\nsystem\n(S'touch {proof}'\ntR.".encode()  # it runs what it says when read
    good = {"phoneNumber": "1", "message": "good"}
    for task, queue in QUEUES.items():
        script = f"{task}_job_processor"
        harmless = [
            ["os.abort", None, [good], {}],
            [f"{script}.send_notification", None, [good], {}],
            [None, None, [good], {}],
            [["a"], None, [good], {}],
        ]
        calls = [
            ["os.system", None, [f"touch {proof}"], {}],
            [f"{script}.process", None, [], {}],
            [f"{script}.process", None, [{"phoneNumber": "1"}], {}],
            [f"{script}.process", None, [{"message": "m"}], {}],
            [f"{script}.process", None, [good, good], {}],
            {"phoneNumber": "1"},
            None,
        ]
        payloads = [json.dumps(call).encode() for call in calls]
        payloads += [b"", b"not JSON", b"\xff\xfe", b"[" * 100_000, pickled]
        common = {"status": "queued", "origin": queue, "created_at": "2026-01-01T00:00:00.000000Z"}

        def add(name, common=common, queue=queue, **fields):
            server.client.hset(f"rq:job:{name}", mapping=common | fields)
            server.client.rpush(f"rq:queue:{queue}", name)

        for number, payload in enumerate(payloads):
            add(f"hostile-{number}", data=payload)
        for number, call in enumerate(harmless):
            add(f"harmless-{number}", data=json.dumps(call))
        server.client.hset("rq:job:no-data", mapping=common)
        server.client.rpush(f"rq:queue:{queue}", "no-data", "nowhere")
        with socket.create_server(("127.0.0.1", 0)) as web:
            url = f"http://127.0.0.1:{web.getsockname()[1]}"
            hooks = [{"url": url, "job_status": end} for end in ("finished", "failed")]
            extra = {f"{end}_callback_name": "os.abort" for end in ("success", "failure")}
            extra |= {"stopped_callback_name": "os.abort", "webhooks": json.dumps(hooks)}
            add("with-extras", data=json.dumps(harmless[0]), **extra)
            add("fails-with-extras", data=json.dumps(calls[1]), **extra)
            add("pickled-meta", data=json.dumps(harmless[0]), meta=pickled)
            processor = run(script, stdout="pipe")
            # Task 9's cannot add its progress to a meta that it cannot read.
            done = len(harmless) + (2 if task == "6" else 1)
            bad = len(payloads) + (1 if task == "6" else 2)
            wait_until(lambda: finished(server, task) == done, 15, "the harmless are done")  # noqa: B023
            wait_until(lambda: failed(server, task) == bad, 5, "the others failed")  # noqa: B023
            web.settimeout(0.5)
            with pytest.raises(TimeoutError):
                web.accept()
        assert server.client.llen(f"rq:queue:{queue}") == 0
        assert processor.status is None
        stop(processor)
        assert processor.lines == ["Sending notification to 1, with message: good"] * done
        assert processor.stderr.count("Traceback") >= bad
        assert not os.path.exists(proof)
        server.client.flushall()


@pytest.mark.parametrize("how", ["^C", "SIGTERM"])
@pytest.mark.parametrize("task, count", [("6", 1), ("7", 2)])
def test_stopped_while_a_job_runs(run, server, full_pipe, task, count, how):
    """The job ends, and its end is told; no other one is begun."""
    stuck = full_pipe()
    processor = run(f"{task}_job_processor", stdout=stuck.writer)
    creator = run(f"{task}_job_creator")
    begun(server, task, 1) if task == "6" else at_half(creator)
    processor.type("\x03") if how == "^C" else processor.signal(signal.SIGTERM)
    assert processor.wait_exit(0.7) is None
    stuck.empty()
    assert processor.wait_exit(3) == 0
    assert processor.processes() == [] and processor.stderr == ""
    assert finished(server, task) == count
    assert server.client.zcard(f"rq:wip:{QUEUES[task]}") == 0
    assert creator.wait(lambda creator: creator.stdout.count("completed") == count)
    assert len(stuck.printed()) == count


def test_ten_creators_and_two_processors(run, server):
    processors = [run("7_job_processor", stdout="pipe") for _ in range(2)]
    creators = [run("7_job_creator") for _ in range(10)]
    seen = set()
    for creator in creators:
        ends(creator, "7", 60)
        seen.update(creator.lines[:11])
    assert len(seen) == 110
    for processor in processors:
        stop(processor)
        assert processor.stderr == ""
    printed_all([line for processor in processors for line in processor.lines], "7", 10)
    assert failed(server, "7") == 20 and finished(server, "7") == 90


@pytest.mark.parametrize("seconds", [(2, 2), (40,)])
def test_redis_goes_away_from_idle_processors(run, server, seconds):
    """Also for longer than redis-py tries: RQ's own loop goes on."""
    processors = {task: run(f"{task}_job_processor", stdout="pipe") for task in QUEUES}
    pids = set(workers(server, "6", 1) + workers(server, "7", 2))
    for pause in seconds:
        server.stop(save=True)
        time.sleep(pause)
        server.start()
    for task in QUEUES:
        ends(run(f"{task}_job_creator"), task, 15)
    assert pids == set(workers(server, "6", 1) + workers(server, "7", 2))
    for task, processor in processors.items():
        stop(processor)
        printed_all(processor.lines, task)


def test_interrupted_while_redis_is_away(run, server):
    """The first ^C waits for Redis, the second does not."""
    processors = [run(f"{task}_job_processor", stdout="pipe") for task in QUEUES]
    workers(server, "6", 1), workers(server, "7", 2)
    server.stop(save=True)
    for processor in processors:
        processor.type("\x03")
        assert processor.wait_exit(1.5) is None
        processor.type("\x03")
        assert processor.wait_exit(3) is not None
        assert not processor.processes()
        assert processor.lines == []
    server.start()


@pytest.mark.parametrize("task", ["6", "7"])
def test_interrupted_twice_in_mid_job(run, server, full_pipe, task):
    """The job is given up, and another worker does it."""
    stuck = full_pipe()
    processor = run(f"{task}_job_processor", stdout=stuck.writer)
    creator = run(f"{task}_job_creator")
    begun(server, task, 1) if task == "6" else at_half(creator)
    processor.type("\x03")
    assert processor.wait_exit(1.5) is None
    processor.type("\x03")
    time.sleep(0.5)
    stuck.empty()
    assert processor.wait_exit(3) == 0
    other = run(f"{task}_job_processor", stdout="pipe")
    ends(creator, task)
    stop(other)
    printed_all(other.lines, task)


def storm(run, server, fault, seconds):
    """28 creators come one after the other while a fault happens every so many seconds."""
    processors = [run("7_job_processor", stdout="pipe") for _ in range(2)]
    workers(server, "7", 4)
    creators, faults, begin = [], 0, time.monotonic()
    while len(creators) < 28 or any(creator.status is None for creator in creators):
        if len(creators) < 28:
            creators.append(run("7_job_creator"))
        if len(creators) < 28 and time.monotonic() > begin + faults * seconds:
            fault()
            faults += 1
        assert time.monotonic() < begin + 150
        time.sleep(0.8)
    found = [creator for creator in creators if "not connected" not in creator.stderr]
    assert faults > 3 and len(found) > 14
    for creator in found:
        ends(creator, "7", 1)
    for processor in processors:
        stop(processor, 5)
    return found, processors


def test_workers_are_killed_again_and_again(run, server):
    def kill_a_worker():
        [pid] = [int(pid) for pid in server.client.hmget(living()[0], "pid")]
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)

    def living():
        names = server.client.smembers("rq:workers:push_notification_code_2")
        return [x for x in names if int(server.client.hget(x, "pid") or 0) not in killed | {0}]

    killed = set()
    found, processors = storm(run, server, kill_a_worker, 4)
    assert len(found) == 28
    for processor in processors:
        assert processor.stderr == ""


def test_redis_restarts_under_load(run, server):
    def restart():
        server.stop(save=True)
        time.sleep(0.5)
        server.start("--appendonly", "yes")

    server.client.config_set("appendonly", "yes")
    storm(run, server, restart, 6)


def test_tools_of_rq(run, server):
    """`rq info`, `suspend`, `resume` and `requeue` work on our queues and workers."""

    def tool(*arguments):
        command = [Path(sys.executable).parent / "rq", *arguments, "-u", server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    processors = {task: run(f"{task}_job_processor", stdout="pipe") for task in QUEUES}
    workers(server, "6", 1), workers(server, "7", 2)
    tool("suspend", "-S", "json")
    creators = {"6": run("6_job_creator")}
    assert creators["6"].wait_line("Notification job created: 1")
    creators["7"] = run("7_job_creator")
    assert creators["7"].wait_line("Notification job created: 12")
    # A worker that waits for a job is suspended once it has done one more.
    names = [name for q in QUEUES.values() for name in server.client.smembers(f"rq:workers:{q}")]

    def states():
        return {server.client.hget(name, "state") for name in names}

    wait_until(lambda: states() == {b"suspended"}, 10, "all workers suspended")
    shown = tool("info", "--interval", "0", "-S", "json")
    assert re.search("^3 workers, 2 queues$", shown, re.MULTILINE), shown
    assert re.search(r"^push_notification_code +\W+ 0, ", shown, re.MULTILINE), shown
    assert re.search(r"^push_notification_code_2 +\W+ 9, ", shown, re.MULTILINE), shown
    assert shown.count("suspended") == 3
    tool("resume", "-S", "json")
    for task in QUEUES:
        ends(creators[task], task, 15)
    tool("requeue", "--queue", QUEUES["7"], "--all", "-S", "json")
    wait_until(lambda: failed(server, "7") == 2, 5, "the blacklisted ones have failed again")
    for task in QUEUES:
        stop(processors[task])
        printed_all(processors[task].lines, task)
        assert processors[task].stderr == ""
