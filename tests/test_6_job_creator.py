"""Task 6: put a job on the queue, print its id and, as soon as it ends, how it ended.

What task 8's creator has in common with task 6's is tested here for both: `pair` is "6" or "7", the
number in the names of a creator and its processor.
"""

import json
import signal
import zlib

import pytest

from .course import COMPLETED, FAILED, JOB, JOBS, QUEUES, created, transcript
from .harness.servers import free_port

JOBS_OF = {"6": [JOB], "7": JOBS}


@pytest.mark.fakeredis_only
def test_creates_its_jobs_and_waits(run, server, proxy, pair):
    """It looks for their ends about twelve times a second, until something ends it, here a
    SIGTERM."""
    expected = created(*range(1, len(JOBS_OF[pair]) + 1))
    creator = run(f"{pair}_job_creator", proxy.url, stdout="pipe")
    creator.expect_lines(expected)
    assert creator.wait_exit(1) is None
    assert 4 < proxy.asked(b"HGETALL") / len(expected) < 16
    creator.signal(signal.SIGTERM)
    creator.expect_end(expected, -signal.SIGTERM)
    queued = server.client.lrange(f"rq:queue:{QUEUES[pair]}", 0, -1)
    assert queued == [b"%d" % number for number in range(1, len(queued) + 1)]
    for number, job_data in enumerate(JOBS_OF[pair], 1):
        job = server.client.hgetall(f"rq:job:{number}")
        call = json.loads(zlib.decompress(job[b"data"]))
        assert call == [f"{pair}_job_processor.process", None, [job_data], {}]
        assert job[b"timeout"] == b"40"
        assert job[b"retries_left"] == b"2" and job[b"enqueue_at_front_on_retry"] == b"1"
        assert int(job[b"failure_ttl"]) == 7 * 24 * 3600  # a week


def test_says_that_the_job_is_completed(run, server):
    """As in the course, on two terminals: first a job waits for the processor, then the processor
    waits for a job."""
    first = run("6_job_creator", screen=True)
    first.expect_line(transcript("6_job_creator")[0])
    processor = run("6_job_processor", screen=True)
    first.expect_end()
    second = run("6_job_creator", screen=True)
    second.expect_end([*created(2), COMPLETED])
    processor.expect_transcript(2)
    assert processor.status is None
    server.wait_for_jobs("6", "finished", 2)


@pytest.mark.fakeredis_only
def test_says_that_the_job_has_failed_or_is_lost(run, queues):
    creators = []
    for number in 1, 2, 3:
        creators.append(run("6_job_creator"))
        creators[-1].expect_lines(created(number))
    failed, canceled, deleted = queues["6"].jobs
    failed.set_status("failed")
    canceled.cancel()
    deleted.delete()
    creators[0].expect_end([*created(1), FAILED])
    creators[1].expect_end([*created(2), FAILED])
    creators[2].expect_exit(1)
    assert creators[2].lines == created(3)
    assert creators[2].stderr == "No longer in Redis: job 3\n"


@pytest.mark.fakeredis_only
def test_each_creator_shows_its_own_jobs_only(run, run_both, server, proxy):
    """It does so even if Redis is away while they are done. Ids count the jobs of all creators.
    Processors print immediately, even through a pipe, and go on until a SIGTERM ends them."""
    creators = [run(f"{pair}_job_creator", proxy.url) for pair in "6767"]
    for creator, count in zip(creators, (1, 11, 1, 11)):
        assert creator.wait_lines(count)
    proxy.close()
    processors = run_both("processor", stdout="pipe")
    for processor in processors.values():
        processor.expect_transcript(2)
    creators[0].wait_exit(1.5)  # an attempt to connect fails meanwhile
    proxy.listen()
    ids = []
    for creator in creators:
        creator.expect_end()
        ids += [int(line.split(": ")[1]) for line in creator.lines if "created" in line]
    assert sorted(ids) == list(range(1, 2 * (1 + 11) + 1))
    server.wait_for_workers(3)
    for processor in processors.values():
        assert processor.status is None
        processor.signal(signal.SIGTERM)
        processor.expect_exit(0, -signal.SIGTERM)
        processor.expect_transcript(2)
        assert processor.stderr == "" and processor.processes() == []


@pytest.mark.fakeredis_only
def test_says_in_a_line_why_it_cannot_connect(run, server):
    port = free_port()
    scripts = {
        f"connecting to 127.0.0.1:{port}": run("6_job_creator", f"redis://127.0.0.1:{port}"),
        "DB index is out of range": run("6_job_processor", f"{server.url}/99"),
        "invalid username-password pair": run(
            "7_job_processor", server.url.replace("//", "//nobody:wrong@")
        ),
    }
    for reason, script in scripts.items():
        script.expect_exit(1)
        assert script.stdout == ""
        [line] = script.stderr.splitlines()
        assert line.startswith("Redis error: ") and reason in line


@pytest.mark.fakeredis_only
def test_queues_no_job_twice_if_a_reply_is_late(run, server, proxy, pair):
    """redis-py waits for only 5 s, so the creator cannot know whether its first job was stored."""
    # RQ asks for the server's version just before it stores the job.
    proxy.before(b"INFO", b"server", lambda: proxy.delay_reply(b"EXEC", 6))
    creator = run(f"{pair}_job_creator", proxy.url)
    creator.expect_exit(1)
    assert server.client.lrange(f"rq:queue:{QUEUES[pair]}", 0, -1) == [b"1"]
    assert creator.stdout == ""
    [line] = creator.stderr.splitlines()
    assert line.startswith("Redis error: Timeout reading from ")
