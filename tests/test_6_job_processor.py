"""Task 7: do the jobs of the queue, one after the other: those that wait and those that come.

What task 9's processor has in common with it is tested here for both: `pair` is "6" or "7".
"""

import builtins
import inspect
import json
import socket
import time

import pytest
import rq

from .course import BLACKLIST, QUEUES, from_one, in_any_order, sent, transcript
from .harness.proxy import Proxy
from .harness.waiting import wait_until

both_pairs = pytest.mark.parametrize("pair", QUEUES)
GOOD = {"phoneNumber": "1", "message": "good"}


def queue_of(server, pair):
    return rq.Queue(QUEUES[pair], connection=server.client, serializer="json")


def enqueue(server, pair, job_data, **options):
    """Put a job on the pair's queue, as its creator does."""
    options = {"job_timeout": 40, "retry": rq.Retry(max=2)} | options
    return queue_of(server, pair).enqueue(f"{pair}_job_processor.process", job_data, **options)


def test_does_the_jobs_that_wait_and_those_that_come(run, server):
    creators = [run("6_job_creator"), run("6_job_creator")]
    for creator in creators:
        assert creator.wait_lines(1)
    processor = run("6_job_processor", screen=True)
    creators.append(run("6_job_creator"))
    for creator in creators:
        creator.expect_end(transcript("6_job_creator"), order=from_one)
    processor.expect_lines(transcript("6_job_processor") * 3)
    assert processor.status is None
    wait_until(lambda: server.client.zcard(f"rq:finished:{QUEUES['6']}") == 3)


@pytest.mark.one_server
@pytest.mark.parametrize("pair, count", [("6", 1), ("7", 2)])
def test_does_so_many_jobs_at_a_time(run, server, full_pipe, pair, count):
    """The processor cannot print: so many jobs get as far as that, and no more is begun."""
    queue, pipe = QUEUES[pair], full_pipe()
    processor = run(f"{pair}_job_processor", stdout=pipe.writer)
    creators = [run(f"{pair}_job_creator") for _ in range(2)]
    wait_until(lambda: server.client.zcard(f"rq:wip:{queue}") == count)
    if pair == "7":
        wait_until(lambda: sum(one.stdout.count(" 50%") for one in creators) == count)
    creators[0].wait_exit(0.5)
    assert server.client.zcard(f"rq:wip:{queue}") == count
    assert server.client.zcard(f"rq:finished:{queue}") == 0
    pipe.empty()
    for creator in creators:
        creator.expect_exit()
    processor.type("\x03")
    processor.expect_exit(timeout=5)
    expected = transcript(f"{pair}_job_processor") * 2
    assert in_any_order(pipe.printed()) == in_any_order(expected)


@both_pairs
def test_an_error_in_a_job_is_final_and_shows_its_traceback(run, server, pair):
    """But one that comes by done(error), as a blacklisted number's, is for the creator to tell."""
    listed = {"phoneNumber": BLACKLIST[0], "message": "listed"}
    for job_data in {"phoneNumber": "1"}, listed, GOOD:
        enqueue(server, pair, job_data)
    processor = run(f"{pair}_job_processor", screen=True)
    # Task 7's has no blacklist.
    expected, failed = ([sent(listed), sent(GOOD)], 1) if pair == "6" else ([sent(GOOD)], 2)
    assert processor.wait(lambda processor: set(expected) <= set(processor.lines))
    wait_until(lambda: server.client.zcard(f"rq:failed:{QUEUES[pair]}") == failed)
    processor.expect_line("KeyError: 'message'")
    assert processor.stdout.count("Traceback") == 1 and "blacklisted" not in processor.stdout
    assert [line for line in processor.lines if line in (sent(listed), sent(GOOD))] == expected


@pytest.mark.one_server
def test_both_processors_print_at_once_through_a_pipe(run):
    processors = {pair: run(f"{pair}_job_processor", stdout="pipe") for pair in QUEUES}
    creators = [run(f"{pair}_job_creator") for pair in "667"]
    for creator in creators:
        creator.expect_exit()
    for pair, count in ("6", 2), ("7", 1):
        expected = transcript(f"{pair}_job_processor") * count
        processors[pair].expect_lines(expected, in_any_order)
        assert processors[pair].status is None and processors[pair].stderr == ""


@pytest.mark.one_server
@both_pairs
def test_a_fault_of_the_worker_itself_is_shown(run, server, pair):
    """Such as a job that RQ cannot read. A pool starts another worker."""
    enqueue(server, pair, GOOD, job_id="1")
    server.client.hset("rq:job:1", "timeout", "soon")
    processor = run(f"{pair}_job_processor", stdout="pipe")
    assert processor.wait(lambda processor: "quitting" in processor.stderr)
    assert "Traceback" in processor.stderr and processor.stdout == ""
    if pair == "7":
        enqueue(server, pair, GOOD)
        processor.expect_line(sent(GOOD))


@pytest.mark.real
@both_pairs
def test_says_in_a_line_that_redis_refuses_writes(run, server, pair):
    """A pool goes on starting workers, each of which says so."""
    server.client.replicaof("127.0.0.1", 1)
    processor = run(f"{pair}_job_processor")
    if pair == "6":
        processor.expect_exit(1)
    assert processor.wait(lambda processor: "\n" in processor.stderr)
    for line in processor.stderr.splitlines():
        assert line.startswith("A worker has stopped: ") and line.endswith("read only replica.")


@pytest.mark.real
@both_pairs
def test_finds_the_jobs_of_dead_workers_while_it_waits(run, server, pair):
    """Within seconds after the time of such a job is up: RQ would look every ten minutes."""
    workers = {"6": 1, "7": 2}[pair]
    processor = run(f"{pair}_job_processor", stdout="pipe")
    wait_until(lambda: server.worker_states() == [b"idle"] * workers)
    job = rq.job.Job.create(
        f"{pair}_job_processor.process",
        args=[GOOD],
        connection=server.client,
        serializer="json",
        origin=QUEUES[pair],
        timeout=40,
        status="started",
    )
    job.retries_left = 1
    job.save()
    server.client.zadd(f"rq:wip:{QUEUES[pair]}", {f"{job.id}:execution": time.time() - 1})
    processor.expect_lines([sent(GOOD)], timeout=20)


@pytest.mark.one_server
@both_pairs
def test_a_job_is_not_lost_when_redis_is_away_as_it_ends(run, server, full_pipe, pair):
    pipe = full_pipe()
    enqueue(server, pair, GOOD, job_id="1")
    with Proxy(server.port) as proxy:
        processor = run(f"{pair}_job_processor", proxy.url, stdout=pipe.writer)
        wait_until(lambda: server.client.hget("rq:job:1", "status") == b"started")
        processor.wait_exit(0.3)  # let it be where it prints
        proxy.close()
        pipe.empty()
        processor.wait_exit(1.5)  # an attempt fails meanwhile
        proxy.listen()
        wait_until(lambda: server.client.hget("rq:job:1", "status") == b"finished")
        processor.type("\x03")
        processor.expect_exit()
        assert pipe.printed() == [sent(GOOD)] and processor.stderr == ""


@both_pairs
def test_a_hostile_job_calls_process_and_nothing_else(run, server, tmp_path, pair):
    """Whatever Redis says that it calls: a function, callbacks, a web address."""
    with socket.create_server(("127.0.0.1", 0)) as web:
        hook = {"url": f"http://127.0.0.1:{web.getsockname()[1]}", "job_status": "finished"}
        job = enqueue(server, pair, GOOD, job_id="1")
        ends = "success", "failure", "stopped"
        names = {f"{end}_callback_name": "os.abort" for end in ends}
        data = json.dumps(["os.abort", None, [GOOD], {}])
        server.client.hset(job.key, mapping=names | {"data": data, "webhooks": json.dumps([hook])})
        enqueue(server, pair, GOOD, job_id="2")
        failing = {"data": json.dumps(["os.abort", None, [], {}])}
        server.client.hset("rq:job:2", mapping=names | failing)
        processor = run(f"{pair}_job_processor", stdout="pipe")
        processor.expect_lines([sent(GOOD)])
        wait_until(lambda: job.get_status() == "finished")
        wait_until(lambda: server.client.hget("rq:job:2", "status") == b"failed")
        web.settimeout(0.3)
        with pytest.raises(TimeoutError):
            web.accept()
    assert processor.status is None and processor.lines == [sent(GOOD)]


@pytest.fixture
def processor_module(import_processor, pair):
    return import_processor(pair)


# How RQ calls the methods that the processors override. That it calls them at all is seen in the
# other tests: a hostile job, an error in a job.
CALLS_OF_RQ = [
    ("Job", "send_webhooks", ("failed",), {"exc_string": "Traceback"}),
    ("Worker", "handle_exception", ("job", "kind", "error", "trace"), {}),
    ("Worker", "work", (), {"burst": False, "with_scheduler": True, "logging_level": "INFO"}),
    ("Worker", "__init__", (["queue"],), {"connection": None, "job_class": None}),
]


@both_pairs
def test_rq_has_what_the_processor_overrides(processor_module, pair):
    """If RQ renames something, what the script has in its place is not used any more."""
    ours = {"Job": processor_module.NotificationJob, "Worker": processor_module.NotificationWorker}
    theirs = {"Job": rq.job.Job, "Worker": rq.SimpleWorker}
    for kind, added in ("Job", {"progress"}), ("Worker", set()):
        names = {name for name in vars(ours[kind]) if not name.startswith("__")} - added
        assert names and [name for name in names if not hasattr(theirs[kind], name)] == []
    for kind, name, arguments, options in CALLS_OF_RQ:
        for one in ours, theirs:
            inspect.signature(getattr(one[kind], name)).bind("self", *arguments, **options)


@pytest.mark.one_server
@pytest.mark.parametrize(
    "pair, error, retries, is_logged",
    [
        ("6", "SystemExit", 2, True),  # by a second ^C
        ("6", "KeyError", 0, True),
        ("7", "SystemExit", 2, True),
        ("7", "KeyError", 0, True),
        ("7", "JobFailed", 0, False),  # by done(error), so that the creator tells of it
    ],
)
def test_only_a_job_that_was_interrupted_is_tried_again(
    processor_module, server, caplog, pair, error, retries, is_logged
):
    kind = getattr(processor_module, error, None) or getattr(builtins, error)
    options = {"connection": server.client, "serializer": "json"}
    job = processor_module.NotificationJob.create("process", origin=QUEUES[pair], **options)
    job.retries_left = 2
    worker = processor_module.NotificationWorker([QUEUES[pair]], **options)
    worker.handle_exception(job, kind, kind(), None)
    assert job.retries_left == retries
    assert (error in caplog.text) == is_logged
