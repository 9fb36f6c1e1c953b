"""Task 6: put a job on the queue, say its id, and say how it ends once it has ended."""

import json
import zlib

import pytest
import rq

from .course import QUEUES, transcript
from .harness.servers import free_port

CREATED = "Notification job created: 1"
ALL_CREATED = {"6": transcript("6_job_creator")[:1], "7": transcript("7_job_creator")[:11]}
JOB_SCRIPTS = "6_job_creator", "6_job_processor", "7_job_creator", "7_job_processor"


def test_creates_a_job_and_waits(run, server):
    creator = run("6_job_creator", stdout="pipe")
    assert creator.wait_line(CREATED)
    assert creator.wait_exit(1) is None and creator.lines == [CREATED]
    assert server.client.lrange("rq:queue:push_notification_code", 0, -1) == [b"1"]
    name, _, [job_data], _ = json.loads(zlib.decompress(server.client.hget("rq:job:1", "data")))
    assert name == "6_job_processor.process"
    expected = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}
    assert job_data == expected
    assert server.client.hget("rq:job:1", "retries_left") == b"2"


@pytest.mark.parametrize("first", ["creator", "processor"])
def test_says_that_the_job_is_completed(run, first):
    """As in the course, on two terminals: whichever is started first."""
    if first == "processor":
        processor = run("6_job_processor", screen=True)
    creator = run("6_job_creator", screen=True)
    assert creator.wait_line(CREATED)
    if first == "creator":
        processor = run("6_job_processor", screen=True)
    assert creator.wait_exit() == 0
    assert creator.lines == transcript("6_job_creator")
    assert processor.wait(lambda processor: processor.lines)
    assert processor.lines == transcript("6_job_processor") and processor.status is None


@pytest.mark.one_server
def test_says_that_the_job_has_failed(run, server):
    creator = run("6_job_creator")
    assert creator.wait_line(CREATED)
    data = b'["6_job_processor.process", null, [{"phoneNumber": "1"}], {}]'
    server.client.hset("rq:job:1", "data", data)
    run("6_job_processor")
    assert creator.wait_exit() == 0
    assert creator.lines == [CREATED, "Notification job failed"] and creator.stderr == ""


@pytest.mark.one_server
@pytest.mark.parametrize("pair, created", ALL_CREATED.items())
def test_waits_no_longer_for_a_job_that_is_canceled(run, server, pair, created):
    creator = run(f"{pair}_job_creator")
    assert creator.wait_line(created[-1])
    for job in rq.Queue(QUEUES[pair], connection=server.client, serializer="json").jobs:
        job.cancel()
    assert creator.wait_exit() == 0
    assert len(creator.lines) == 2 * len(created) and creator.stderr == ""
    assert all("failed" in line for line in creator.lines[len(created) :])


@pytest.mark.parametrize("pair, created", ALL_CREATED.items())
def test_says_in_a_line_that_redis_has_lost_the_job(run, server, pair, created):
    creator = run(f"{pair}_job_creator")
    assert creator.wait_line(created[-1])
    server.client.flushall()
    assert creator.wait_exit() == 1
    assert creator.lines == created
    assert len(creator.stderr.splitlines()) == 1 and "No such job" in creator.stderr


@pytest.mark.one_server
@pytest.mark.parametrize("name", JOB_SCRIPTS)
def test_says_in_a_line_that_there_is_no_server(run, name):
    port = free_port()
    script = run(name, f"redis://127.0.0.1:{port}")
    assert script.wait_exit() == 1 and script.stdout == ""
    [line] = script.stderr.splitlines()
    assert line.startswith("Redis client not connected to the server: ") and str(port) in line


@pytest.mark.real
def test_says_in_a_line_that_the_password_is_wrong(run, server):
    script = run("7_job_processor", f"redis://nobody:wrong@127.0.0.1:{server.port}")
    assert script.wait_exit() == 1 and script.stdout == ""
    assert len(script.stderr.splitlines()) == 1 and "password" in script.stderr


@pytest.mark.one_server
def test_a_key_of_another_type_is_python_s_error(run, server):
    server.client.set("rq:ids", "not a number")
    creator = run("6_job_creator")
    assert creator.wait_exit() == 1 and creator.stdout == ""
    assert "not an integer" in creator.stderr.splitlines()[-1]


@pytest.mark.one_server
def test_ids_count_all_jobs_whoever_creates_them(run):
    creators = [(run(f"{pair}_job_creator"), ALL_CREATED[pair]) for pair in "666677"]
    for creator, created in creators:
        assert creator.wait_lines(len(created), 20)
    ids = [int(line.split(": ")[1]) for creator, _ in creators for line in creator.lines]
    assert sorted(ids) == list(range(1, 4 + 22 + 1))
