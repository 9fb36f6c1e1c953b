"""What a person sees who runs the scripts on a terminal: the course's lines, and no other.

Each script has a terminal as its stdin, stdout and stderr, and a real redis-server. The scenarios
wait a lot, so several of them run at the same time.
"""

import json
import signal
import time

import psutil
import pytest

from .course import from_one, in_any_order, job_by_job, transcript
from .scenarios import Run, Scenarios, free_port, until
from .servers import REDIS_SERVER, RealServer

pytestmark = pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine")
SHORT = ["0_redis_client", "1_redis_op", "2_redis_op_async", "4_redis_advanced_op"]
THREE_ATTEMPTS = [*SHORT, "5_publisher", "6_job_creator", "7_job_creator"]
NO_END_OF_ATTEMPTS = ["5_subscriber", "6_job_processor", "7_job_processor"]
LONG_RUNNING = ["5_subscriber", "6_job_creator", "6_job_processor"]
LONG_RUNNING += ["7_job_creator", "7_job_processor"]
scenario = Scenarios()


@pytest.fixture(scope="module")
def outcomes():
    """The scenarios, on two servers, since a publisher is heard in all databases of one."""

    def play(function, *arguments):
        with Run(screen=True) as run:
            function(run, quiet if function in (interrupted, hostile_jobs) else busy, *arguments)

    busy, quiet = RealServer(free_port()), RealServer(free_port())
    with busy, quiet, scenario.at_work(play, 8) as outcomes:
        yield outcomes


def lines(console):
    """The lines on the screen, the last of which may have no end."""
    shown = console.stdout.split("\r\n")
    return shown if shown[-1] else shown[:-1]


def connects(console):
    """Wait until the script is connected to Redis, and so has done with its imports."""
    process = psutil.Process(console.process.pid)
    until(lambda: process.net_connections("tcp"), 5, f"{console.script.name} is connected")


def ends_on_interrupt(console, within=3):
    """Type ^C: the script ends, with all of its processes, and the screen with ^C."""
    console.type("\x03")
    end = time.monotonic() + within
    assert console.wait_exit(within) in (0, -signal.SIGINT), f"{console.status} {console.stdout}"
    until(lambda: not console.processes(), end - time.monotonic(), "no process left")
    assert lines(console)[-1] == "^C"


@scenario(*[(name, seconds) for seconds in (2, 1, 0.5) for name in LONG_RUNNING])
def interrupted(run, server, name, seconds):
    """^C, typed this many seconds after the start (later if it has not yet come to wait)."""
    expected = {
        "5_subscriber": transcript("0_redis_client"),
        "6_job_creator": transcript("6_job_creator")[:1],
        "7_job_creator": transcript("7_job_creator")[:11],
    }.get(name, [])
    console = run(name, f"{server.url}/{LONG_RUNNING.index(name)}")
    assert console.wait(lambda console: len(lines(console)) >= len(expected))
    connects(console)
    time.sleep(max(0, console.started + seconds - time.monotonic()))
    ends_on_interrupt(console)
    created = [line for line in lines(console) if "created" in line]
    assert from_one(created) == [line for line in expected if "created" in line]
    assert lines(console) == [*(created or expected), "^C"]


@scenario()
def no_server(run, server):
    port = free_port()
    expected = [line.replace("6379", str(port)) for line in transcript("0_redis_client.refused")]
    url = f"redis://127.0.0.1:{port}"
    going_on = [run(name, url) for name in NO_END_OF_ATTEMPTS]
    for console in [run(name, url) for name in THREE_ATTEMPTS]:
        assert console.wait_exit() == 1
        assert lines(console) == expected
        assert 0.6 < console.times[2] - console.times[0] < 3  # 1.2 seconds, on a quiet machine
    for console in going_on:
        assert console.wait(lambda console: len(lines(console)) > 3)
        ends_on_interrupt(console)
        assert set(lines(console)) == {expected[0], "^C"}
        assert console.times[3] - console.times[0] > 1.5  # three seconds


@scenario()
def wrong_password(run, server):
    url = f"redis://nobody:wrong@127.0.0.1:{server.port}"
    going_on = [run(name, url) for name in NO_END_OF_ATTEMPTS]
    start = "Redis client not connected to the server: Error: "
    for console in [run(name, url) for name in THREE_ATTEMPTS]:
        assert console.wait_exit() == 1
        assert len(lines(console)) == 3 and len(set(lines(console))) == 1
        assert lines(console)[0].startswith(start) and "password" in lines(console)[0]
    for console in going_on:
        assert console.wait(lambda console: len(lines(console)) > 3)
        ends_on_interrupt(console)
        *attempts, last = lines(console)
        assert last == "^C" and len(set(attempts)) == 1
        assert attempts[0].startswith(start) and "password" in attempts[0]


@scenario(*[(name,) for name in SHORT])
def shows_the_transcript(run, server, name):
    console = run(name, server.url)
    assert console.wait_exit() == 0
    assert console.stdout == "".join(f"{line}\r\n" for line in transcript(name))


@scenario()
def publisher_and_subscriber(run, server):
    subscriber = run("5_subscriber", server.url)
    channel = "holberton school channel"
    until(lambda: server.client.pubsub_numsub(channel)[0][1], 5, "the subscriber is subscribed")
    publisher = run("5_publisher", server.url)
    for console, name in (subscriber, "5_subscriber"), (publisher, "5_publisher"):
        assert console.wait_exit() == 0
        assert console.stdout == "".join(f"{line}\r\n" for line in transcript(name))


@scenario((6, "creator"), (6, "processor"), (7, "creator"), (7, "processor"))
def creator_and_processor(run, server, task, first):
    """Whichever is started first. Only the creator tells of task 9's blacklisted jobs."""
    url = f"{server.url}/{task + (first == 'creator') * 2}"
    if first == "processor":
        processor = run(f"{task}_job_processor", url)
        connects(processor)
    creator = run(f"{task}_job_creator", url)
    created = [line for line in transcript(f"{task}_job_creator") if "created" in line]
    assert creator.wait(lambda creator: len(lines(creator)) >= len(created))
    if first == "creator":
        assert lines(creator) == created
        processor = run(f"{task}_job_processor", url)
    assert creator.wait_exit() == 0
    assert job_by_job(lines(creator)) == job_by_job(transcript(f"{task}_job_creator"))
    assert lines(creator)[: len(created)] == created
    shown = transcript(f"{task}_job_processor")
    assert processor.wait(lambda processor: len(lines(processor)) >= len(shown))
    assert processor.status is None
    ends_on_interrupt(processor)
    assert in_any_order(lines(processor)) == in_any_order([*shown, "^C"])


@scenario((6, "push_notification_code"), (7, "push_notification_code_2"))
def hostile_jobs(run, server, task, queue):
    """One line for a job that is no notification, and has no description that RQ could log."""
    url = f"{server.url}/{task + 3}"
    good = {"phoneNumber": "1", "message": "good"}
    blacklisted = {"phoneNumber": "4153518780", "message": "good"}
    jobs = {
        "hostile": ["os.system", None, ["echo hello"], {}],
        "listed": [f"{task}_job_processor.process", None, [blacklisted], {}],
        "good": [f"{task}_job_processor.process", None, [good], {}],
    }
    with server.client.from_url(url) as client:
        for name, call in jobs.items():
            fields = {"data": json.dumps(call), "status": "queued", "origin": queue}
            fields["created_at"] = "2026-01-01T00:00:00.000000Z"
            client.hset(f"rq:job:{name}", mapping=fields)
            client.rpush(f"rq:queue:{queue}", name)
        processor = run(f"{task}_job_processor", url)
        done, failed = (2, 1) if task == 6 else (1, 2)
        until(lambda: client.zcard(f"rq:finished:{queue}") == done, 5, "jobs are finished")
        until(lambda: client.zcard(f"rq:failed:{queue}") == failed, 5, "jobs have failed")
    expected = ["Job hostile failed: it does not ask for a notification"]
    expected += ["Sending notification to 4153518780, with message: good"] if task == 6 else []
    expected += ["Sending notification to 1, with message: good"]
    assert processor.wait(lambda processor: len(lines(processor)) >= len(expected))
    assert processor.status is None
    ends_on_interrupt(processor)
    assert in_any_order(lines(processor)) == in_any_order([*expected, "^C"])


@pytest.mark.parametrize("name", scenario.all)
def test_on_a_terminal(outcomes, name):
    outcomes[name].result()
