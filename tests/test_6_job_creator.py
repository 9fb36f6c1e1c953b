"""Task 6: put a job on the queue, say its id, and say how it ends once it has ended.

What task 8's creator has in common with it is tested here for both: `pair` is "6" or "7", the
number in the names of a creator and its processor.
"""

import json
import zlib

import pytest
import rq

from .course import JOB, JOBS, QUEUES, REFUSED, created, transcript
from .harness.proxy import Proxy
from .harness.servers import free_port

JOBS_OF = {"6": [JOB], "7": JOBS}
ALL_CREATED = {pair: created(*range(1, len(jobs) + 1)) for pair, jobs in JOBS_OF.items()}
JOB_SCRIPTS = "6_job_creator", "6_job_processor", "7_job_creator", "7_job_processor"
A_WEEK = 7 * 24 * 3600  # seconds

both_pairs = pytest.mark.parametrize("pair", QUEUES)


@pytest.mark.one_server
@both_pairs
def test_creates_its_jobs_and_waits(run, server, pair):
    creator = run(f"{pair}_job_creator", stdout="pipe")
    creator.expect_lines(ALL_CREATED[pair])
    assert creator.wait_exit(1) is None and creator.lines == ALL_CREATED[pair]
    queued = server.client.lrange(f"rq:queue:{QUEUES[pair]}", 0, -1)
    assert queued == [b"%d" % number for number in range(1, len(queued) + 1)]
    for number, job_data in enumerate(JOBS_OF[pair], 1):
        job = server.client.hgetall(f"rq:job:{number}")
        call = json.loads(zlib.decompress(job[b"data"]))
        assert call == [f"{pair}_job_processor.process", None, [job_data], {}]
        assert job[b"timeout"] == b"40"
        assert job[b"retries_left"] == b"2" and job[b"enqueue_at_front_on_retry"] == b"1"
        assert int(job[b"failure_ttl"]) == A_WEEK


@pytest.mark.parametrize("first", ["creator", "processor"])
def test_says_that_the_job_is_completed(run, first):
    """As in the course, on two terminals: whichever is started first."""
    if first == "processor":
        processor = run("6_job_processor", screen=True)
    creator = run("6_job_creator", screen=True)
    creator.expect_line(transcript("6_job_creator")[0])
    if first == "creator":
        processor = run("6_job_processor", screen=True)
    creator.expect_exit()
    creator.expect_lines(transcript("6_job_creator"))
    processor.expect_lines(transcript("6_job_processor"))
    assert processor.status is None


@pytest.mark.one_server
def test_says_that_the_job_has_failed(run, server):
    creator = run("6_job_creator")
    creator.expect_lines(created(1))
    data = b'["6_job_processor.process", null, [{"phoneNumber": "1"}], {}]'
    server.client.hset("rq:job:1", "data", data)
    run("6_job_processor")
    last = transcript("6_job_creator")[1].replace("completed", "failed")
    creator.expect_end([*created(1), last])


@pytest.mark.one_server
@both_pairs
def test_waits_no_longer_for_a_job_that_is_canceled(run, server, pair):
    creator = run(f"{pair}_job_creator")
    creator.expect_lines(ALL_CREATED[pair])
    for job in rq.Queue(QUEUES[pair], connection=server.client, serializer="json").jobs:
        job.cancel()
    creator.expect_exit()
    ends = creator.lines[len(ALL_CREATED[pair]) :]
    assert len(ends) == len(ALL_CREATED[pair]) and creator.stderr == ""
    assert all(("failed" if pair == "6" else "failed: canceled") in line for line in ends)


@both_pairs
def test_says_in_a_line_that_redis_has_lost_its_jobs(run, server, pair):
    creator = run(f"{pair}_job_creator")
    creator.expect_lines(ALL_CREATED[pair])
    server.client.flushall()
    creator.expect_exit(1)
    assert creator.lines == ALL_CREATED[pair]
    lost = ", ".join(f"job {number}" for number in range(1, len(ALL_CREATED[pair]) + 1))
    assert creator.stderr == f"No longer in Redis: {lost}\n"


@pytest.mark.one_server
def test_both_creators_wait_for_a_redis_that_is_away(run, server):
    with Proxy(server.port) as proxy:
        creators = {pair: run(f"{pair}_job_creator", proxy.url) for pair in QUEUES}
        creators["6"].wait_lines(1)
        creators["7"].wait_lines(11)
        proxy.close()
        processors = [run(f"{pair}_job_processor") for pair in QUEUES]
        creators["6"].wait_exit(1.5)  # an attempt fails meanwhile
        proxy.listen()
        for creator in creators.values():
            creator.expect_exit()
            assert creator.stderr == ""
        assert [processor.stderr for processor in processors] == ["", ""]


@pytest.mark.one_server
@pytest.mark.parametrize("name", JOB_SCRIPTS)
def test_says_in_a_line_that_there_is_no_server(run, name):
    port = free_port()
    script = run(name, f"redis://127.0.0.1:{port}")
    script.expect_exit(1)
    assert script.stdout == ""
    [line] = script.stderr.splitlines()
    assert line.startswith(REFUSED) and str(port) in line


@pytest.mark.real
def test_says_in_a_line_that_the_password_is_wrong(run, server):
    script = run("7_job_processor", f"redis://nobody:wrong@127.0.0.1:{server.port}")
    script.expect_exit(1)
    assert script.stdout == ""
    assert len(script.stderr.splitlines()) == 1 and "password" in script.stderr


@pytest.mark.one_server
def test_key_of_another_type_shows_python_s_error(run, server):
    server.client.set("rq:ids", "not a number")
    creator = run("6_job_creator")
    creator.expect_exit(1)
    assert creator.stdout == ""
    assert "not an integer" in creator.stderr.splitlines()[-1]


@pytest.mark.one_server
def test_ids_count_all_jobs_whoever_creates_them(run):
    creators = [(run(f"{pair}_job_creator"), len(ALL_CREATED[pair])) for pair in "666677"]
    for creator, count in creators:
        assert creator.wait_lines(count, 20)
    ids = [line.split(": ")[1] for creator, _ in creators for line in creator.lines]
    assert sorted(map(int, ids)) == list(range(1, 4 + 22 + 1))
