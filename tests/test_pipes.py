"""The scripts when something is wrong, with their stdout and stderr read apart."""

import os
import re
import signal
import tempfile

import pytest
import rq

from .course import from_one, in_any_order, job_by_job, once_each, transcript
from .scenarios import Run, Scenarios, free_port, until
from .servers import KINDS, REDIS_SERVER, FakeServer

pytestmark = pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine")
SHORT = ["0_redis_client", "1_redis_op", "2_redis_op_async", "4_redis_advanced_op", "5_publisher"]
CREATORS = ["6_job_creator", "7_job_creator"]
PROCESSORS = ["6_job_processor", "7_job_processor"]
EVERY_SCRIPT = [*SHORT, "5_subscriber", *CREATORS, *PROCESSORS]
CONNECTED = transcript("0_redis_client")
NOT_CONNECTED = "Redis client not connected to the server: Error: "
CHANNEL = "holberton school channel"
EACH_KIND = [(kind,) for kind in KINDS]
scenario = Scenarios()


@pytest.fixture(scope="module")
def outcomes():
    """The scenarios, some at a time. An argument that is a kind of server is given as a server."""

    def play(function, *arguments):
        with Run() as run:
            arguments = [
                run.enter_context(KINDS[argument](free_port())) if argument in KINDS else argument
                for argument in arguments
            ]
            run.url = next((x.url for x in arguments if hasattr(x, "url")), None)
            function(run, *arguments)

    with scenario.at_work(play, threads=6) as outcomes:
        yield outcomes


def subscribed(server):
    """Wait until one is subscribed to the channel."""
    until(lambda: server.client.pubsub_numsub(CHANNEL)[0][1] == 1, 5, "the subscriber subscribed")


def ends(console, status, lines, said=""):
    """The script ends by itself, having printed these lines and one on stderr, if any."""
    assert console.wait_exit() == status, console.stdout + console.stderr
    assert console.lines == lines
    if said:  # in Python's own words: nobody foresaw it
        assert said in console.stderr.splitlines()[-1] and console.stderr.startswith("Traceback")
    else:
        assert console.stderr == ""


# stdout.


@scenario(("redis-server",))
def tasks_one_to_five(run, server):
    """Each stream has what it should, and the folder in which they are run is left empty."""
    run.options["cwd"] = folder = run.enter_context(tempfile.TemporaryDirectory())
    subscriber = run("5_subscriber", stdout="pipe")
    subscribed(server)
    for name in SHORT:
        ends(run(name, stdout="pipe"), 0, transcript(name))
    ends(subscriber, 0, transcript("5_subscriber"))
    assert os.listdir(folder) == []


@scenario(("redis-server",))
def lines_are_in_a_pipe_at_once(run, server):
    subscriber = run("5_subscriber", stdout="pipe")
    assert subscriber.wait_line(CONNECTED[0])
    subscribed(server)
    server.client.publish(CHANNEL, "one")
    assert subscriber.wait_line("one") and subscriber.status is None
    creator = run("6_job_creator", stdout="pipe")
    assert creator.wait_line("Notification job created: 1") and creator.status is None
    processor = run("6_job_processor", stdout="pipe")
    assert processor.wait_line("Sending notification") and processor.status is None
    publisher = run("5_publisher", stdout="pipe")
    ends(publisher, 0, transcript("5_publisher"))
    # 100, 200, 300 and 400 milliseconds after their calls
    assert 0.2 < publisher.times[4] - publisher.times[1] < 0.6
    assert all(soon < late for soon, late in zip(publisher.times, publisher.times[1:]))


def broken_pipe(console):
    """It ends, and says so."""
    assert console.wait_exit() not in (None, 0)
    assert "BrokenPipeError" in console.stderr


@scenario(("redis-server",))
def nobody_reads_stdout(run, server):
    reader, writer = os.pipe()
    os.close(reader)
    consoles = [run(name, stdout=writer) for name in [*SHORT, "5_subscriber", *CREATORS]]
    os.close(writer)
    for console in consoles:
        broken_pipe(console)


@scenario(("redis-server",))
def a_reader_that_leaves_later(run, server):
    reader, writer = os.pipe()
    console = run("5_subscriber", stdout=writer)
    os.close(writer)
    assert os.read(reader, 1000).decode().splitlines() == CONNECTED
    os.close(reader)
    subscribed(server)
    # More than one: a script that is just being started may have the reader, too, for a moment.
    until(lambda: not server.client.publish(CHANNEL, "one more"), 5, "no subscriber left")
    broken_pipe(console)


@scenario(("redis-server",))
def terminated(run, server):
    """SIGTERM, to the main process, as a service manager sends it: no line is printed."""
    processors = [run(name) for name in PROCESSORS]
    for queue, count in ("push_notification_code", 1), ("push_notification_code_2", 2):
        key = f"rq:workers:{queue}"
        until(lambda: server.client.scard(key) == count, 10, "the workers")  # noqa: B023
    subscriber = run("5_subscriber")
    subscribed(server)
    for console in processors:
        console.signal(signal.SIGTERM)
    for console in processors:
        assert console.wait_exit(3) == 0
    creators = [run(name) for name in CREATORS]
    assert creators[0].wait_line("Notification job created")
    assert creators[1].wait(lambda console: len(console.lines) == 11)
    for console in [subscriber, *creators]:
        shown = console.stdout
        console.signal(signal.SIGTERM)
        assert console.wait_exit(3) == -signal.SIGTERM
        assert console.stdout == shown
    for console in run.consoles:
        assert console.stderr == "" and not console.processes()


# The server's address.


@scenario()
def malformed_url(run):
    urls = ["http://127.0.0.1", "redis://h:port", "redis://h?no=1"]
    consoles = [run(name, "nonsense") for name in EVERY_SCRIPT]
    consoles += [run("0_redis_client", url) for url in urls]
    for console in consoles:
        ends(console, 1, [], "Error: ")


@scenario(("redis-server",))
def other_failures(run, server):
    address = f"127.0.0.1:{server.port}"
    reasons = {
        "redis://no-such-host.invalid:6379": "no-such-host.invalid",
        f"redis://:wrong@{address}": "AUTH",
        f"redis://nobody:wrong@{address}": "invalid username-password",
        f"redis://{address}/99": "DB index is out of range",
        "unix:///nowhere/redis.sock": "Redis connection to /nowhere/redis.sock failed"
        " - connect ENOENT /nowhere/redis.sock",
    }
    consoles = [run("0_redis_client", url) for url in reasons]
    consoles += [run("2_redis_op_async", url) for url in list(reasons)[-2:]]
    for console in consoles:
        assert console.wait_exit() == 1
        assert len(console.lines) == 3 and len(set(console.lines)) == 1
        assert console.lines[0].startswith(NOT_CONNECTED)
        assert reasons[console.environment["REDIS_URL"]] in console.lines[0]
        assert console.stderr == ""


@scenario(("redis-server",))
def passwords_databases_and_sockets(run, server):
    socket = f"{server.folder.name}/redis.sock"
    server.stop()
    server.start("--requirepass", "s3cret@", "--unixsocket", socket)
    urls = f"redis://:s3cret%40@127.0.0.1:{server.port}/2", f"unix://{socket}?password=s3cret%40"
    consoles = [run(name, url) for url in urls for name in (SHORT[0], SHORT[2])]
    processor = run("7_job_processor", urls[1])
    for console in consoles:
        assert console.wait_exit() == 0
        assert console.lines[:1] == CONNECTED and console.stderr == ""
    creator = run("7_job_creator", urls[1])
    assert creator.wait_exit() == 0
    assert job_by_job(creator.lines) == job_by_job(transcript("7_job_creator"))
    assert processor.stderr == creator.stderr == ""


@scenario()
def a_server_that_comes_up_between_two_attempts(run):
    port = free_port()
    run.url = f"redis://127.0.0.1:{port}"
    names = "0_redis_client", "2_redis_op_async", "5_subscriber"
    consoles = [run(name) for name in names]
    for console in consoles:  # they wait a second in all
        assert console.wait(lambda console: console.stdout)
    refused = transcript("0_redis_client.refused")[0].replace("6379", str(port))
    with FakeServer(port) as server:
        subscribed(server)
        server.client.publish(CHANNEL, "KILL_SERVER")
        for console in consoles:
            assert console.wait_exit() == 0
            assert once_each(console.lines)[:2] == [refused, CONNECTED[0]]
            assert console.stderr == ""


# What Redis holds, and what it refuses.


@scenario(*EACH_KIND)
def values(run, server):
    shown = transcript("1_redis_op")
    for value, line in (None, "null"), (b"", ""), (b"\xff \xc3\xa9", "\ufffd \u00e9"):
        server.client.delete("Holberton")
        if value is not None:
            server.client.set("Holberton", value)
        for name in SHORT[1:3] if value is None else SHORT[1:2]:
            ends(run(name), 0, [shown[0], line, *shown[2:]])


# A name or a value in Redis, and the same as node v20.20.2 prints it in an object.
AS_NODE = {
    "it's": '"it\'s"',
    'say "hi"': "'say \"hi\"'",
    "a\nb": "'a\\nb'",
    "\t\r\\": "'\\t\\r\\\\'",
    "Z\u00fcrich": "'Z\u00fcrich'",
    "2nd": "'2nd'",
    "": "''",
}


@scenario(*EACH_KIND)
def a_hash_as_node_shows_it(run, server):
    server.client.hset("HolbertonSchools", mapping={name: name for name in AS_NODE})
    server.client.hset("HolbertonSchools", "_ok9", b"\xff")
    shown = transcript("4_redis_advanced_op")
    fields = [f"  {text}: {text}," for text in AS_NODE.values()] + ["  _ok9: '\ufffd',"]
    ends(run("4_redis_advanced_op"), 0, [*shown[:8], *fields, *shown[8:]])
    again = [line.replace("Reply: 1", "Reply: 0") for line in shown[:8]]
    ends(run("4_redis_advanced_op"), 0, [*again, *fields, *shown[8:]])


@scenario(*EACH_KIND)
def keys_of_another_type(run, server):
    server.client.delete("Holberton")
    server.client.rpush("Holberton", "School")
    server.client.set("HolbertonSchools", "School")
    for console in [run(name) for name in SHORT[1:4]]:
        ends(console, 1, CONNECTED, "wrong kind of value")
    server.client.set("rq:queue:push_notification_code", "a string")
    server.client.set("rq:ids", "not a number")
    for console in [run(name) for name in CREATORS]:
        ends(console, 1, [], "not an integer")


@scenario(
    ("redis-server", "used memory > 'maxmemory'", "CONFIG", "SET", "maxmemory", "1"),
    ("redis-server", "read only replica", "REPLICAOF", "127.0.0.1", "1"),
)
def a_server_that_takes_no_writes(run, server, reason, *command):
    server.client.execute_command(*command)
    for console in [run(name) for name in (SHORT[1], SHORT[3])]:
        shown = [] if "advanced" in console.script.name else transcript("1_redis_op")[1:2]
        ends(console, 1, CONNECTED + shown, reason)
    ends(run("7_job_creator"), 1, [], reason)


@scenario(("redis-server",))
def the_publisher_loses_its_connection(run, server):
    with server.client.pubsub() as pubsub:
        pubsub.subscribe(CHANNEL)
        console = run("5_publisher")
        heard = (pubsub.get_message(timeout=0.1) for _ in range(100))
        assert any(event and event["type"] == "message" for event in heard)
    server.stop()
    assert console.wait_exit(5) == 1
    assert console.lines == transcript("5_publisher")[: len(console.lines)]
    assert "127.0.0.1" in console.stderr.splitlines()[-1]


@scenario(*EACH_KIND)
def messages_of_any_bytes(run, server):
    console = run("5_subscriber", stdout="pipe")
    subscribed(server)
    server.client.publish("another channel", "KILL_SERVER")
    messages = b"\xff\xfe", b"", b"KILL_SERVER or not", b"kill_server", b"two\nlines\r\n"
    for message in *messages, b"x" * 100_000, b"KILL_SERVER":
        server.client.publish(CHANNEL, message)
    assert console.wait_exit() == 0
    shown = f"{CONNECTED[0]}\n\ufffd\ufffd\n\nKILL_SERVER or not\nkill_server\ntwo\nlines\r\n\n"
    assert console.stdout == shown + "x" * 100_000 + "\nKILL_SERVER\n"
    assert console.stderr == ""


# Jobs.


@scenario(("redis-server",))
def ids_of_twenty_creators(run, server):
    consoles = [run(name) for name in ["6_job_creator"] * 18 + ["7_job_creator"] * 2]
    for console in consoles:
        count = 11 if "7" in console.script.name else 1
        assert console.wait(lambda console: len(console.lines) == count, 20)  # noqa: B023
    ids = [int(re.search(r"\d+", line)[0]) for console in consoles for line in console.lines]
    assert sorted(ids) == list(range(1, 18 + 22 + 1))


@scenario(*EACH_KIND)
def creators_see_their_own_jobs_only(run, server):
    creators = [run("7_job_creator") for _ in range(3)]
    processor = run("7_job_processor", stdout="pipe")
    seen = []
    for console in creators:
        assert console.wait_exit() == 0, console.stdout + console.stderr
        assert job_by_job(from_one(console.lines)) == job_by_job(transcript("7_job_creator"))
        seen += [int(line.split(": ")[1]) for line in console.lines[:11]]
    assert sorted(seen) == list(range(1, 34))
    expected = transcript("7_job_processor") * 3
    assert in_any_order(processor.lines) == in_any_order(expected)
    assert processor.stderr == ""


@scenario(("redis-server",))
def both_queues_at_once(run, server):
    run.options["cwd"] = folder = run.enter_context(tempfile.TemporaryDirectory())
    processors = [run(name, stdout="pipe") for name in PROCESSORS]
    creators = [run("6_job_creator"), run("6_job_creator"), run("7_job_creator")]
    for creator in creators:
        assert creator.wait_exit() == 0
        expected = transcript(creator.script.stem)
        assert job_by_job(from_one(creator.lines)) == job_by_job(expected)
    assert processors[0].lines == transcript("6_job_processor") * 2
    assert in_any_order(processors[1].lines) == in_any_order(transcript("7_job_processor"))
    assert [console.stderr for console in run.consoles] == [""] * 5
    assert os.listdir(folder) == []


@scenario(("redis-server", "6_job", 1), ("redis-server", "7_job", 2))
def so_many_jobs_at_a_time(run, server, task, count):
    """The processor's stdout is full: so many jobs get as far as to print, and no more is begun."""
    queue = {1: "push_notification_code", 2: "push_notification_code_2"}[count]
    stuck = run.stuck()
    processor = run(f"{task}_processor", stdout=stuck.writer)
    creators = [run(f"{task}_creator") for _ in range(2)]
    for creator in creators:
        assert creator.wait_line("Notification job created")
    wip = f"rq:wip:{queue}"
    until(lambda: server.client.zcard(wip) == count, 5, "jobs at work")
    if count == 2:
        half = "50% complete"
        until(lambda: sum(x.stdout.count(half) for x in creators) == 2, 5, "two at half")
    creators[0].wait_exit(0.5)
    assert server.client.zcard(wip) == count
    assert server.client.zcard(f"rq:finished:{queue}") == 0
    stuck.free()
    for creator in creators:
        assert creator.wait_exit() == 0
    processor.type("\x03")
    assert processor.wait_exit(3) == 0
    expected = transcript(f"{task}_processor") * 2
    assert in_any_order(stuck.printed()) == in_any_order(expected)


@scenario(("redis-server",))
def a_job_that_fails(run, server):
    creator = run("6_job_creator")
    assert creator.wait_line("Notification job created: 1")
    data = b'["6_job_processor.process", null, [{"phoneNumber": "1"}], {}]'
    server.client.hset("rq:job:1", "data", data)
    processor = run("6_job_processor")
    ends(creator, 0, ["Notification job created: 1", "Notification job failed"])
    assert processor.wait(lambda processor: processor.stderr.endswith("KeyError: 'message'\n\n"))
    assert processor.stdout == "" and processor.status is None


@scenario(("redis-server", "6"), ("redis-server", "7"))
def a_job_that_is_canceled(run, server, task):
    """Its creator waits no longer."""
    creator = run(f"{task}_job_creator")
    last = [line for line in transcript(f"{task}_job_creator") if "created" in line][-1]
    assert creator.wait_line(last)
    queue = {"6": "push_notification_code", "7": "push_notification_code_2"}[task]
    for job in rq.Queue(queue, connection=server.client, serializer="json").jobs:
        job.cancel()
    assert creator.wait_exit(5) == 0
    assert all("failed" in line for line in creator.lines if "created" not in line)
    assert len(creator.lines) == (2 if task == "6" else 22) and creator.stderr == ""


@pytest.mark.parametrize("name", scenario.all)
def test_scenario(outcomes, name):
    outcomes[name].result()
