"""What must not be lost and not be left behind when processes die, Redis restarts or jobs are hostile.

Each scenario has a real redis-server of its own. They wait a lot, so that all of them run at the same time.
"""

import contextlib
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .console import Console
from .course import from_one, in_any_order, job_by_job, transcript
from .jobs import Stuck
from .servers import REDIS_SERVER, RealServer

pytestmark = [
    pytest.mark.strict,
    pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine"),
]
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


@pytest.fixture(scope="session")
def outcomes(request):
    """The scenarios, all at work."""

    def play(function):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(RealServer())

            def run(script, **options):
                return stack.enter_context(Console(request.config.folder / script, server.url, **options))

            run.stuck = lambda: stack.enter_context(Stuck())
            function(run, server)

    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        yield {name: pool.submit(play, function) for name, function in SCENARIOS.items()}


def at_work(server, queue, count, timeout=15):
    """Wait until this many jobs of the queue are begun."""
    until(lambda: server.client.zcard(f"rq:wip:{queue}") == count, timeout, f"{count} jobs at work on {queue}")


def until(ready, timeout, what):
    end = time.monotonic() + timeout
    while not ready():
        assert time.monotonic() < end, f"not in {timeout} s: {what}"
        time.sleep(0.05)


def workers(console):
    """The ids of a processor's worker processes."""
    return [pid for pid in console.processes() if pid != console.process.pid]


def worker_of(server, job_id):
    """The process that works on the job, once one does."""
    until(lambda: server.client.hget(f"rq:job:{job_id}", "status") == b"started", 10, f"job {job_id} is begun")
    name = server.client.hget(f"rq:job:{job_id}", "worker_name")
    return int(server.client.hget(f"rq:worker:{name.decode()}", "pid"))


def ends(console, name, order=job_by_job, timeout=90):
    """The creator ends by itself, with the whole transcript and no line twice."""
    console.wait_exit(timeout)
    assert order(console.lines) == order(transcript(name)), f"{console.stdout}\nstderr: {console.stderr}"
    assert console.status == 0
    assert "Traceback" not in console.stderr


@scenario
def a_worker_of_6_dies(run, server):
    stuck = run.stuck()
    processor = run("6_job_processor.py", stdout=stuck.writer)
    creator = run("6_job_creator.py")
    at_work(server, "push_notification_code", 1)
    os.kill(worker_of(server, 1), signal.SIGKILL)
    stuck.free()
    ends(creator, "6_job_creator")
    assert processor.status is None and len(workers(processor)) == 1


@scenario
def a_worker_of_7_dies(run, server):
    stuck = run.stuck()
    processor = run("7_job_processor.py", stdout=stuck.writer)
    creator = run("7_job_creator.py")
    assert creator.wait(lambda creator: creator.stdout.count(" 50% complete") == 2)
    os.kill(worker_of(server, 3), signal.SIGKILL)
    os.kill(worker_of(server, 4), signal.SIGKILL)
    stuck.free()
    ends(creator, "7_job_creator")
    assert processor.status is None and len(workers(processor)) == 2


@scenario
def the_main_process_of_6_dies(run, server):
    processor = run("6_job_processor.py", stdout=run.stuck().writer)
    creator = run("6_job_creator.py")
    at_work(server, "push_notification_code", 1)
    processor.signal(signal.SIGKILL)
    until(lambda: not processor.processes(), 5, "no process left")
    run("6_job_processor.py")
    ends(creator, "6_job_creator")


@scenario
def the_main_process_of_7_dies(run, server):
    processor = run("7_job_processor.py", stdout=run.stuck().writer)
    creator = run("7_job_creator.py")
    assert creator.wait(lambda creator: creator.stdout.count(" 50% complete") == 2)
    processor.signal(signal.SIGKILL)
    until(lambda: not processor.processes(), 5, "no process left")
    run("7_job_processor.py")
    ends(creator, "7_job_creator")


@scenario
def a_job_that_kills_its_worker_fails_after_three_tries(run, server):
    run("6_job_processor.py", stdout=run.stuck().writer)
    creator = run("6_job_creator.py")
    killed = set()
    for _ in range(3):
        at_work(server, "push_notification_code", 1)
        until(lambda: worker_of(server, 1) not in killed, 15, "the next try")
        killed.add(worker_of(server, 1))
        os.kill(worker_of(server, 1), signal.SIGKILL)
        # Its time is up now, rather than in half a minute.
        [execution] = server.client.zrange("rq:wip:push_notification_code", 0, -1)
        server.client.zadd("rq:wip:push_notification_code", {execution: 1})
    assert creator.wait_exit(20) == 0
    assert creator.lines == ["Notification job created: 1", "Notification job failed"]


@scenario
def redis_restarts(run, server):
    subscriber = run("5_subscriber.py")
    stuck = [run.stuck(), run.stuck()]
    processors = [
        run("6_job_processor.py", stdout=stuck[0].writer),
        run("7_job_processor.py", stdout=stuck[1].writer),
    ]
    creators = [run("6_job_creator.py")]
    assert creators[0].wait_line("Notification job created: 1")
    creators.append(run("7_job_creator.py"))
    at_work(server, "push_notification_code", 1)
    at_work(server, "push_notification_code_2", 2)
    assert creators[1].wait(lambda creator: len(creator.lines) >= 11 + 2 + 2)
    server.stop(save=True)
    time.sleep(2)
    server.start()
    outputs = [pipe.free() for pipe in stuck]
    ends(creators[0], "6_job_creator", timeout=30)
    creators[1].wait_exit(30)
    assert creators[1].status == 0
    assert job_by_job(from_one(creators[1].lines)) == job_by_job(transcript("7_job_creator"))
    until(
        lambda: subscriber.lines[-1:] == transcript("0_redis_client") and len(subscriber.lines) > 2, 10, "found again"
    )
    lost = {line for line in subscriber.lines if line not in transcript("0_redis_client")}
    refused = transcript("0_redis_client.refused")[0].replace("6379", str(server.port))
    assert refused in lost and all(
        line.startswith("Redis client not connected to the server: Error: ") for line in lost
    )
    server.client.publish("holberton school channel", "KILL_SERVER")
    assert subscriber.wait_exit() == 0 and subscriber.lines[-1] == "KILL_SERVER"
    for processor, output, name in zip(processors, outputs, ["6_job_processor", "7_job_processor"], strict=True):
        assert processor.status is None
        processor.__exit__()
        assert in_any_order(output.read().decode().splitlines()) == in_any_order(transcript(name))
        assert "Traceback" not in processor.stderr


@scenario
def redis_comes_back_empty(run, server):
    first = run("6_job_creator.py")
    assert first.wait_line("Notification job created: 1")
    second = run("7_job_creator.py")
    assert second.wait_line("Notification job created: 12")
    server.client.flushall()
    server.stop(save=True)
    server.start()
    assert first.wait_exit(20) == 0 and first.lines == ["Notification job created: 1", "Notification job failed"]
    assert "gone" in first.stderr
    assert second.wait_exit(20) == 0
    assert second.lines[11:] == [f"Notification job {n} failed: it is gone from Redis" for n in range(2, 13)]


@scenario
def the_creator_dies(run, server):
    creator = run("7_job_creator.py")
    assert creator.wait_line("Notification job created: 11")
    creator.signal(signal.SIGKILL)
    processor = run("7_job_processor.py")
    processor.wait(lambda processor: len(processor.lines) == 9)
    assert in_any_order(processor.lines) == in_any_order(transcript("7_job_processor"))
    until(lambda: server.client.zcard("rq:finished:push_notification_code_2") == 9, 5, "nine jobs finished")


@scenario
def hostile_jobs(run, server):
    proof = f"/tmp/hostile-{server.port}"
    good = {"phoneNumber": "1", "message": "good"}
    for script, queue in ("6_job_processor", "push_notification_code"), ("7_job_processor", "push_notification_code_2"):
        calls = [
            ["os.system", None, [f"touch {proof}"], {}],
            ["os.system", None, [good], {}],
            ["builtins.print", None, [good], {}],
            [f"{script}.send_notification", None, [good], {}],
            [f"{script}.process", None, [], {}],
            [f"{script}.process", None, ["phoneNumber"], {}],
            [f"{script}.process", None, [{"phoneNumber": "1"}], {}],
            [f"{script}.process", None, [{"message": "m"}], {}],
            [f"{script}.process", None, [{"phoneNumber": 1, "message": "m"}], {}],
            [f"{script}.process", None, [{"phoneNumber": "1", "message": ["m"]}], {}],
            {"phoneNumber": "1"},
            None,
        ]
        payloads = [json.dumps(call).encode() for call in calls]
        payloads += [b"", b"not JSON", b"\xff\xfe", b"[" * 100_000]
        payloads += [f"cos\nsystem\n(S'touch {proof}'\ntR.".encode()]  # a pickle that runs what it says
        for number, payload in enumerate(payloads):
            job = {"data": payload, "status": "queued", "origin": queue, "created_at": "2026-01-01T00:00:00.000000Z"}
            server.client.hset(f"rq:job:hostile-{script}-{number}", mapping=job)
            server.client.rpush(f"rq:queue:{queue}", f"hostile-{script}-{number}")
        # Good data, with callbacks, webhooks and fields that are not RQ's.
        data = json.dumps([f"{script}.process", None, [good], {}])
        extra = dict.fromkeys(
            ["success_callback_name", "failure_callback_name", "stopped_callback_name"], "builtins.print"
        )
        extra |= {"timeout": "x", "result_ttl": "x", "meta": f"cos\nsystem\n(S'touch {proof}'\ntR.", "webhooks": "[1]"}
        job = {"data": data, "status": "queued", "origin": queue, "created_at": "2026-01-01T00:00:00.000000Z"} | extra
        server.client.hset(f"rq:job:good-{script}", mapping=job)
        malformed = {"data": data, "status": "no status", "origin": queue, "created_at": "yesterday"}
        server.client.hset(f"rq:job:malformed-{script}", mapping=malformed)
        server.client.rpush(f"rq:queue:{queue}", f"malformed-{script}", f"good-{script}")
        processor = run(f"{script}.py")
        until(lambda queue=queue: server.client.zcard(f"rq:finished:{queue}") == 1, 15, "the good job is done")
        processor.wait_exit(0.2)
        assert processor.lines == ["Sending notification to 1, with message: good"]
        assert processor.status is None
        assert server.client.zcard(f"rq:failed:{queue}") == len(payloads)
        said = processor.stderr.splitlines()[1:]
        assert len(said) == len(payloads) and all(line.startswith("Job hostile-") for line in said), processor.stderr
        assert not os.path.exists(proof)


@scenario
def interrupted_while_a_job_runs(run, server):
    for script, creator, name, count in (
        ("6_job_processor.py", "6_job_creator.py", "push_notification_code", 1),
        ("7_job_processor.py", "7_job_creator.py", "push_notification_code_2", 2),
    ):
        stuck = run.stuck()
        processor = run(script, stdout=stuck.writer)
        creator = run(creator)
        until(lambda name=name, count=count: server.client.zcard(f"rq:wip:{name}") == count, 15, "at work")
        if count == 2:
            assert creator.wait(lambda creator: creator.stdout.count(" 50% complete") == 2)
        processor.signal(signal.SIGINT)
        assert processor.wait_exit(0.7) is None
        stuck.free()
        assert processor.wait_exit(1) == 0
        assert not processor.processes()
        assert server.client.zcard(f"rq:finished:{name}") == count and server.client.zcard(f"rq:wip:{name}") == 0
        assert "Traceback" not in processor.stderr
        creator.__exit__()


@scenario
def ten_creators_and_two_processors(run, server):
    processors = [run("7_job_processor.py") for _ in range(2)]
    creators = [run("7_job_creator.py") for _ in range(10)]
    seen = set()
    for creator in creators:
        assert creator.wait_exit(60) == 0, creator.stdout + creator.stderr
        seen.update(creator.lines[:11])
        assert job_by_job(from_one(creator.lines)) == job_by_job(transcript("7_job_creator"))
    assert len(seen) == 110
    lines = [line for processor in processors for line in processor.lines]
    assert in_any_order(lines) == in_any_order(transcript("7_job_processor") * 10)
    assert server.client.zcard("rq:failed:push_notification_code_2") == 20
    assert server.client.zcard("rq:finished:push_notification_code_2") == 90


def nobody_reads_stdout(run, script, creator):
    reader, writer = os.pipe()
    os.close(reader)
    processor = run(f"{script}.py", stdout=writer)
    os.close(writer)
    console = run(f"{creator}.py")
    assert processor.wait_exit() == 0
    assert "Traceback" not in processor.stderr and "Broken" not in processor.stderr
    run(f"{script}.py")
    ends(console, creator)


@scenario
def nobody_reads_stdout_of_6(run, server):
    nobody_reads_stdout(run, "6_job_processor", "6_job_creator")


@scenario
def nobody_reads_stdout_of_7(run, server):
    nobody_reads_stdout(run, "7_job_processor", "7_job_creator")


@scenario
def redis_goes_away_from_idle_processors(run, server):
    processors = [run("6_job_processor.py"), run("7_job_processor.py")]
    for processor in processors:
        assert processor.wait(lambda processor: "connected" in processor.stderr)
    time.sleep(1)
    server.stop(save=True)
    time.sleep(1)
    server.start()
    ends(run("6_job_creator.py"), "6_job_creator", timeout=15)
    server.stop()
    time.sleep(1)
    for processor in processors:
        processor.signal(signal.SIGINT)
        assert processor.wait_exit(3) == 0, processor.stderr
        assert processor.stderr.count("not connected to the server") > 4 and "Traceback" not in processor.stderr
    server.start()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(outcomes, name):
    outcomes[name].result()
