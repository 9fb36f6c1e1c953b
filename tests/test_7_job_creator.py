"""Task 8: the job creator that tracks progress and errors."""

import pytest

from .course import console_shows, from_one, interrupted, job_by_job, transcript
from .jobs import JOBS_2, queued

SCRIPT = "7_job_creator.py"
PARTNER = "7_job_processor.py"


def test_creates_the_jobs(run, server):
    console = run(SCRIPT)
    console_shows(console, transcript("7_job_creator")[:11])
    queued(console, server, "push_notification_code_2", JOBS_2)
    interrupted(console)


def test_shows_the_transcript(run):
    def check(processor):
        console = run(SCRIPT)
        console_shows(console, transcript("7_job_creator")[:11])
        run(processor)
        console_shows(console, transcript("7_job_creator"), job_by_job)
        interrupted(console)

    run.with_partner(PARTNER, check)


def test_tracks_jobs_from_the_first(run):
    def check(processor):
        run(processor)
        console = run(SCRIPT)
        console_shows(console, transcript("7_job_creator"), job_by_job)
        interrupted(console)

    run.with_partner(PARTNER, check)


@pytest.mark.strict
def test_several_creators_see_their_own_jobs_only(run):
    creators = [run(SCRIPT) for _ in range(3)]
    run(PARTNER)
    seen = []
    for console in creators:
        assert console.wait_exit(20) == 0, console.stdout + console.stderr
        assert job_by_job(from_one(console.lines)) == job_by_job(transcript("7_job_creator"))
        seen += [int(line.split(": ")[1]) for line in console.lines[:11]]
    assert sorted(seen) == list(range(1, 34))
