"""Task 7: process the jobs of a queue one by one: those that are there, and those that come.

What task 9's processor has in common with task 7's is tested here for both: `pair` is "6" or "7".
That they do both kinds of jobs is tested with the creators.
"""

import builtins
import inspect
import json
import socket
import time

import pytest
import rq
import rq.worker_pool
from rq.utils import import_attribute

from .course import BLACKLIST, QUEUES, WORKERS, sent
from .harness.waiting import wait_until

GOOD = {"phoneNumber": "1", "message": "good"}


@pytest.mark.fakeredis_only
def test_does_so_many_jobs_at_a_time(run, server, run_both):
    """The processors cannot print, so these jobs get stuck there, and no others are begun.
    Meanwhile, task 8's creator shows how far they have got, even through a pipe."""
    held = run_both("processor", held=True)
    creators = [run(f"{pair}_job_creator", stdout="pipe") for pair in "667"]
    for pair, count in WORKERS.items():
        server.wait_for_jobs(pair, "wip", count)
    assert creators[2].wait(lambda creator: creator.stdout.count(" 50%") == 2)
    creators[2].wait_exit(0.5)
    assert "completed" not in creators[2].stdout
    for pair, count in WORKERS.items():
        assert server.count_jobs(pair, "wip") == count
        assert server.count_jobs(pair, "finished") == 0
    for processor in held.values():
        processor.release()
    for creator in creators:
        creator.expect_end()
    held["6"].expect_transcript(2)
    held["7"].expect_transcript()


@pytest.mark.fakeredis_only
def test_an_error_in_a_job_is_final_and_shows_its_traceback(server, enqueue, run_both):
    """Only the creator reports an error that is passed to done(), as for a blacklisted number."""
    listed = {"phoneNumber": BLACKLIST[0], "message": "listed"}
    for pair in QUEUES:
        for job_data in {"phoneNumber": "1"}, listed, GOOD:
            enqueue(pair, job_data)
    # Task 7's processor has no blacklist.
    expected = {"6": ([sent(listed), sent(GOOD)], 1), "7": ([sent(GOOD)], 2)}
    for pair, processor in run_both("processor", screen=True).items():
        done, failed = expected[pair]
        server.wait_for_jobs(pair, "finished", len(done))
        server.wait_for_jobs(pair, "failed", failed)
        for line in [*done, "KeyError: 'message'"]:
            processor.expect_line(line)
        assert processor.stdout.count("Traceback") == 1 and "blacklisted" not in processor.stdout
        assert [line for line in processor.lines if line in (sent(listed), sent(GOOD))] == done


@pytest.mark.fakeredis_only
@pytest.mark.parametrize("encoding, shown", [("utf-8", "é ?"), ("ascii", "? ?")])
def test_a_character_that_cannot_be_printed_fails_no_job(run_both, enqueue, encoding, shown):
    """JSON can contain half of a surrogate pair, and a terminal's encoding can lack a character."""
    for pair in QUEUES:
        enqueue(pair, GOOD | {"message": "é \ud83d"})
    for processor in run_both("processor", env={"PYTHONIOENCODING": encoding}).values():
        processor.expect_lines([sent(GOOD | {"message": shown})])


@pytest.mark.fakeredis_only
def test_a_fault_of_the_worker_itself_is_shown(server, enqueue, run_both):
    """For example, if RQ cannot read a job. A pool then starts another worker."""
    for pair in QUEUES:
        job = enqueue(pair, GOOD)
        server.client.hset(job.key, "timeout", "soon")
    for pair, processor in run_both("processor", stdout="pipe").items():
        assert processor.wait(lambda processor: "quitting" in processor.stderr)
        assert "Traceback" in processor.stderr and processor.stdout == ""
        if pair == "7":
            enqueue(pair, GOOD)
            processor.expect_line(sent(GOOD))


@pytest.mark.needs_redis_server
def test_says_in_a_line_that_redis_refuses_writes(server, enqueue, run_both):
    """For example, on a full disk or a replica. A pool keeps starting workers, and each of them
    says so. When Redis accepts writes again, one does the jobs."""
    server.client.replicaof("127.0.0.1", 1)
    processors = run_both("processor", stdout="pipe")
    processors["6"].expect_exit(1)
    assert processors["7"].wait(lambda processor: "\n" in processor.stderr)
    server.client.replicaof("NO", "ONE")
    enqueue("7", GOOD)
    processors["7"].expect_lines([sent(GOOD)])
    for processor in processors.values():
        lines = processor.stderr.splitlines()
        assert 0 < len(lines) < 50
        for line in lines:
            assert line.startswith("Redis error: ") and line.endswith("read only replica.")


@pytest.mark.needs_redis_server
def test_finds_the_jobs_of_dead_workers_while_it_waits(server, queues, run_both):
    """It finds them within seconds after their deadline: RQ would look only every ten minutes."""
    both = run_both("processor")
    server.wait_for_workers(3)
    for pair, queue in queues.items():
        job = queue.create_job(f"{pair}_job_processor.process", args=[GOOD], timeout=40)
        job.retries_left = 1
        job.save()
        job.set_status("started")
        # Nor may the code that finds such a job call what the job names.
        server.client.hset(job.key, "failure_callback_name", "builtins.print")
        server.client.zadd(f"rq:wip:{queue.name}", {f"{job.id}:execution": time.time() - 1})
    for processor in both.values():
        processor.expect_lines([sent(GOOD)])


@pytest.mark.fakeredis_only
def test_a_job_is_not_lost_when_redis_is_away_as_it_ends(server, proxy, enqueue, run_both):
    jobs = [enqueue(pair, GOOD) for pair in QUEUES]
    held = run_both("processor", proxy.url, held=True)
    wait_until(lambda: all(job.get_status() == "started" for job in jobs))
    held["6"].wait_exit(0.3)  # let them get to where they print
    proxy.close()
    for processor in held.values():
        processor.release()
    held["6"].wait_exit(1.5)  # an attempt to connect fails meanwhile
    proxy.listen()
    wait_until(lambda: all(job.get_status() == "finished" for job in jobs), 5)  # one retry a second
    for processor in held.values():
        processor.interrupt(0.5)
        processor.expect_end([sent(GOOD)])


def hostile_jobs(pair, pickled, url):
    """Return the fields of jobs that name other things to call, or cannot be read: a list of those
    that run process() nevertheless, and a list of those that fail."""
    script = f"{pair}_job_processor"
    names = "os.abort", f"{script}.send_notification", None, ["a"]
    harmless = [{"data": json.dumps([name, None, [GOOD], {}])} for name in names]
    arguments = [], [{"phoneNumber": "1"}], [{"message": "m"}], [GOOD, GOOD]
    calls = [[f"{script}.process", None, each, {}] for each in arguments]
    calls += [["os.abort", None, ["a"], {}], {"phoneNumber": "1"}, None]
    payloads = [b"", b"not JSON", b"\xff\xfe", b"[" * 100_000, pickled, *map(json.dumps, calls)]
    failing = [{"data": payload} for payload in payloads]
    # Task 9's processor cannot add its progress to a meta field that it cannot read.
    (harmless if pair == "6" else failing).append(harmless[0] | {"meta": pickled})
    called = {f"{end}_callback_name": "os.abort" for end in ("success", "failure", "stopped")}
    hooks = [{"url": url, "job_status": end} for end in ("finished", "failed")]
    called["webhooks"] = json.dumps(hooks)
    harmless.append(harmless[0] | called)
    failing.append(failing[-2] | called)
    return harmless, failing


@pytest.mark.fakeredis_only
def test_a_hostile_job_calls_process_and_nothing_else(server, tmp_path, run_both):
    """Whatever the job in Redis names: a function, callbacks, webhooks."""
    proof, expected = tmp_path / "proof", {}
    pickled = f"cos\nsystem\n(S'touch {proof}'\ntR.".encode()  # it runs a command when it is read
    with socket.create_server(("127.0.0.1", 0)) as web:
        url = f"http://127.0.0.1:{web.getsockname()[1]}"
        for pair, queue in QUEUES.items():
            harmless, failing = expected[pair] = hostile_jobs(pair, pickled, url)
            common = {"status": "queued", "origin": queue, "created_at": "2026-01-01T00:00:00.0Z"}
            server.client.rpush(f"rq:queue:{queue}", "nowhere")
            for number, fields in enumerate([{}, *failing, *harmless]):
                server.client.hset(f"rq:job:{pair}-{number}", mapping=common | fields)
                server.client.rpush(f"rq:queue:{queue}", f"{pair}-{number}")
        for pair, processor in run_both("processor", stdout="pipe").items():
            harmless, failing = expected[pair]
            server.wait_for_jobs(pair, "finished", len(harmless))
            server.wait_for_jobs(pair, "failed", len(failing))
            assert server.client.llen(f"rq:queue:{QUEUES[pair]}") == 0
            processor.expect_lines([sent(GOOD)] * len(harmless))
            count = len(failing)
            assert processor.wait(lambda one, count=count: one.stderr.count("Traceback") >= count)
            assert processor.status is None
        web.settimeout(0.3)
        with pytest.raises(TimeoutError):
            web.accept()
    assert not proof.exists()


# How RQ calls the methods that the processors override. Other tests show that it does call them:
# those of a hostile job, and of an error in a job.
CALLS_OF_RQ = [
    ("Job", "send_webhooks", ("failed",), {"exc_string": "Traceback"}),
    ("Worker", "handle_exception", ("job", "kind", "error", "trace"), {}),
    ("WorkerPool", "get_worker_process", ("name",), {"burst": False, "logging_level": "ERROR"}),
]


def test_rq_has_what_the_processor_overrides(processor_module, pair):
    """If RQ renamed a method, it would no longer call the script's. Also, `rq worker` finds the
    function that a job names."""
    assert import_attribute(f"{pair}_job_processor.process") is processor_module.process
    theirs = {"Job": rq.job.Job, "Worker": rq.SimpleWorker, "WorkerPool": rq.worker_pool.WorkerPool}
    ours = {"Job": processor_module.NotificationJob, "Worker": processor_module.NotificationWorker}
    if pair == "7":
        ours["WorkerPool"] = processor_module.NotificationPool
    for kind, our_class in ours.items():
        names = {name for name in vars(our_class) if not name.startswith("__")} - {"progress"}
        assert names and [name for name in names if not hasattr(theirs[kind], name)] == []
    for kind, name, arguments, options in CALLS_OF_RQ:
        for a_class in (classes[kind] for classes in (ours, theirs) if kind in classes):
            inspect.signature(getattr(a_class, name)).bind("self", *arguments, **options)


@pytest.mark.fakeredis_only
@pytest.mark.parametrize(
    "pair, error, retries, is_logged",
    [
        ("6", "SystemExit", 2, True),  # by a second ^C
        ("6", "KeyError", 0, True),
        ("7", "SystemExit", 2, True),
        ("7", "KeyError", 0, True),
        ("7", "JobFailed", 0, False),  # by done(error): the creator reports it
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
