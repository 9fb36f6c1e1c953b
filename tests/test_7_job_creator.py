"""Task 8: eleven jobs, and of each what happens to it, as it happens: progress, and its end.

What it has in common with task 6's creator is tested there.
"""

import pytest
import rq

from .course import (
    QUEUES,
    created,
    failed,
    from_one,
    in_any_order,
    job_by_job,
    transcript,
)

SHOWN = transcript("7_job_creator")
CREATED = created(*range(1, 12))
A_WEEK = 7 * 24 * 3600  # seconds


@pytest.mark.parametrize("first", ["creator", "processor"])
def test_shows_what_happens_to_each_job(run, server, first):
    """As in the course, on two terminals: whichever is started first."""
    if first == "processor":
        processor = run("7_job_processor", screen=True)
    creator = run("7_job_creator", screen=True)
    creator.expect_line(CREATED[-1])
    if first == "creator":
        processor = run("7_job_processor", screen=True)
    creator.expect_exit()
    creator.expect_lines(SHOWN, job_by_job)
    assert creator.lines[:11] == CREATED
    processor.expect_lines(transcript("7_job_processor"), in_any_order)
    assert processor.status is None
    # What is kept of a failed job does not stay for ever.
    assert 0 < server.client.ttl("rq:results:1") <= A_WEEK


@pytest.mark.one_server
def test_shows_progress_as_it_happens(run, full_pipe):
    """The processor cannot print: its first two jobs stay at 50 %."""
    pipe = full_pipe()
    run("7_job_processor", stdout=pipe.writer)
    creator = run("7_job_creator", stdout="pipe")
    assert creator.wait(lambda creator: creator.stdout.count(" 50%") == 2)
    assert "completed" not in creator.stdout
    pipe.empty()
    creator.expect_end(SHOWN, order=job_by_job)


@pytest.mark.one_server
def test_each_creator_shows_its_own_jobs_only(run):
    creators = [run("7_job_creator") for _ in range(3)]
    processor = run("7_job_processor", stdout="pipe")
    ids = []
    for creator in creators:
        creator.expect_end(SHOWN, order=lambda lines: job_by_job(from_one(lines)), timeout=20)
        ids += [int(line.split(": ")[1]) for line in creator.lines[:11]]
    assert sorted(ids) == list(range(1, 34))
    processor.expect_lines(transcript("7_job_processor") * 3, in_any_order)
    assert processor.stderr == ""


@pytest.mark.one_server
def test_goes_on_when_one_job_is_deleted(run, server):
    creator = run("7_job_creator")
    creator.expect_lines(CREATED)
    rq.Queue(QUEUES["7"], connection=server.client, serializer="json").fetch_job("5").delete()
    run("7_job_processor")
    creator.expect_exit(1)
    others = [line for line in SHOWN[11:] if " job 5 " not in line]
    creator.expect_lines(CREATED + others, job_by_job)
    assert creator.stderr == "No longer in Redis: job 5\n"


@pytest.mark.one_server
@pytest.mark.parametrize(
    "result, reason",
    [
        ("Traceback: ...\nJobFailed: Phone number 1: wrong\n", "Phone number 1: wrong"),
        ("Moved to FailedJobRegistry, due to AbandonedJobError", None),  # its workers were killed
        ("Traceback: ...\nAssertionError\n", "AssertionError"),
    ],
)
def test_shows_the_reason_of_a_failure(run, server, result, reason):
    creator = run("7_job_creator")
    creator.expect_lines(CREATED)
    queue = rq.Queue(QUEUES["7"], connection=server.client, serializer="json")
    job = queue.fetch_job("1")
    rq.results.Result.create_failure(job, A_WEEK, result)
    job.set_status("failed")
    creator.expect_line(failed(1, reason or result))
