"""Task 8: eleven jobs, and of each what happens to it, as it happens: progress, and its end."""

import json
import zlib

import pytest

from .course import JOBS, from_one, in_any_order, job_by_job, transcript

SHOWN = transcript("7_job_creator")


@pytest.mark.one_server
def test_creates_eleven_jobs_and_waits(run, server):
    creator = run("7_job_creator", stdout="pipe")
    assert creator.wait_line(SHOWN[10])
    assert creator.wait_exit(1) is None and creator.lines == SHOWN[:11]
    for number, job_data in enumerate(JOBS, 1):
        data = json.loads(zlib.decompress(server.client.hget(f"rq:job:{number}", "data")))
        assert data == ["7_job_processor.process", None, [job_data], {}]
        assert server.client.hget(f"rq:job:{number}", "retries_left") == b"2"


@pytest.mark.parametrize("first", ["creator", "processor"])
def test_shows_what_happens_to_each_job(run, first):
    """As in the course, on two terminals: whichever is started first."""
    if first == "processor":
        processor = run("7_job_processor", screen=True)
    creator = run("7_job_creator", screen=True)
    assert creator.wait_line(SHOWN[10])
    if first == "creator":
        processor = run("7_job_processor", screen=True)
    assert creator.wait_exit() == 0
    assert creator.lines[:11] == SHOWN[:11]
    assert job_by_job(creator.lines) == job_by_job(SHOWN)
    expected = in_any_order(transcript("7_job_processor"))
    assert processor.wait_lines(len(expected))
    assert in_any_order(processor.lines) == expected and processor.status is None


@pytest.mark.one_server
def test_shows_progress_as_it_happens(run, full_pipe):
    """The processor cannot print: its first two jobs stay at 50 %."""
    pipe = full_pipe()
    run("7_job_processor", stdout=pipe.writer)
    creator = run("7_job_creator", stdout="pipe")
    assert creator.wait(lambda creator: creator.stdout.count("50% complete") == 2)
    assert "completed" not in creator.stdout
    pipe.empty()
    assert creator.wait_exit() == 0
    assert job_by_job(creator.lines) == job_by_job(SHOWN)


@pytest.mark.one_server
def test_each_creator_shows_its_own_jobs_only(run):
    creators = [run("7_job_creator") for _ in range(3)]
    processor = run("7_job_processor", stdout="pipe")
    ids = []
    for creator in creators:
        assert creator.wait_exit(20) == 0
        assert job_by_job(from_one(creator.lines)) == job_by_job(SHOWN)
        assert creator.stderr == ""
        ids += [int(line.split(": ")[1]) for line in creator.lines[:11]]
    assert sorted(ids) == list(range(1, 34))
    assert processor.wait_lines(27)
    assert in_any_order(processor.lines) == in_any_order(transcript("7_job_processor") * 3)
    assert processor.stderr == ""
