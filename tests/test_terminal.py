"""What a person sees who runs the scripts on a terminal: the course's lines, and no other.

Each script has a terminal as its stdin, stdout and stderr, and a real redis-server. The scenarios
wait a lot, so several of them run at the same time.
"""

import signal
import time

import psutil
import pytest
import rq

from .course import from_one, in_any_order, job_by_job, transcript
from .scenarios import Run, Scenarios, free_port, until
from .servers import REDIS_SERVER, RealServer

pytestmark = pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine")
SHORT = ["0_redis_client", "1_redis_op", "2_redis_op_async", "4_redis_advanced_op"]
THREE_ATTEMPTS = [*SHORT, "5_publisher", "5_subscriber"]
JOB_SCRIPTS = ["6_job_creator", "6_job_processor", "7_job_creator", "7_job_processor"]
WORKERS = {"6_job_processor": ("push_notification_code", 1)}
WORKERS |= {"7_job_processor": ("push_notification_code_2", 2)}
LONG_RUNNING = ["5_subscriber", "6_job_creator", "6_job_processor"]
LONG_RUNNING += ["7_job_creator", "7_job_processor"]
scenario = Scenarios()


@pytest.fixture(scope="module")
def outcomes():
    """The scenarios, on two servers, since a publisher is heard in all databases of one."""

    def play(function, *arguments):
        with Run(screen=True) as run:
            function(
                run, quiet if function in (interrupted, a_job_with_an_error) else busy, *arguments
            )

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


def wait_for_a_job(server, database, queue, count):
    """Wait until so many workers of the queue have nothing to do."""
    with server.client.from_url(f"{server.url}/{database}") as client:

        def idle():
            names = client.smembers(f"rq:workers:{queue}")
            return [client.hget(name, "state") for name in names] == [b"idle"] * count

        until(idle, 5, f"{count} workers of {queue} are idle")


def ends_on_interrupt(console, within=5):
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
    if name in WORKERS:
        wait_for_a_job(server, LONG_RUNNING.index(name), *WORKERS[name])
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
    for console in [run(name, url) for name in THREE_ATTEMPTS]:
        assert console.wait_exit() == 1
        assert lines(console) == expected
        assert 0.8 < console.times[2] - console.times[0] < 3  # one second, on a quiet machine
    for console in [run(name, url) for name in JOB_SCRIPTS]:
        assert console.wait_exit() == 1
        [line] = lines(console)
        assert line.startswith("Redis client not connected to the server: ") and str(port) in line


@scenario()
def wrong_password(run, server):
    url = f"redis://nobody:wrong@127.0.0.1:{server.port}"
    for console in [run(name, url) for name in [*THREE_ATTEMPTS, *JOB_SCRIPTS]]:
        assert console.wait_exit() == 1
        assert len(lines(console)) == (3 if console.script.stem in THREE_ATTEMPTS else 1)
        assert len(set(lines(console))) == 1
        assert lines(console)[0].startswith("Redis client not connected to the server: ")
        assert "password" in lines(console)[0]


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
def a_job_with_an_error(run, server, task, queue):
    """Its traceback is on the screen; of a job that fails by done(error), as a blacklisted one's,
    there is nothing."""
    url = f"{server.url}/{task + 3}"
    good = {"phoneNumber": "1", "message": "good"}
    jobs = [{"phoneNumber": "1"}, {"phoneNumber": "4153518780", "message": "good"}, good]
    with server.client.from_url(url) as client:
        jobs_of = rq.Queue(queue, connection=client, serializer="json")
        for number, job_data in enumerate(jobs):
            jobs_of.enqueue(f"{task}_job_processor.process", job_data, job_id=str(number))
        processor = run(f"{task}_job_processor", url)
        done, failed = (2, 1) if task == 6 else (1, 2)
        until(lambda: client.zcard(f"rq:finished:{queue}") == done, 5, "jobs are finished")
        until(lambda: client.zcard(f"rq:failed:{queue}") == failed, 5, "jobs have failed")
    expected = ["Sending notification to 4153518780, with message: good"] if task == 6 else []
    expected += ["Sending notification to 1, with message: good"]
    assert processor.wait(lambda processor: "KeyError: 'message'" in lines(processor))
    assert processor.wait(lambda processor: set(expected) <= set(lines(processor)))
    assert processor.status is None
    ends_on_interrupt(processor)
    assert [x for x in lines(processor) if x.startswith("Sending")] == expected
    assert processor.stdout.count("Traceback") == 1 and "blacklisted" not in processor.stdout


@pytest.mark.parametrize("name", scenario.all)
def test_on_a_terminal(outcomes, name):
    outcomes[name].result()
