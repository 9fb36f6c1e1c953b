"""Task 6: the job creator."""

import re

import pytest

from .course import console_shows, explain, interrupted, transcript
from .jobs import JOB, queued

SCRIPT = "6_job_creator.py"
PARTNER = "6_job_processor.py"


def test_creates_a_job(run, server):
    console = run(SCRIPT)
    console_shows(console, transcript("6_job_creator")[:1])
    queued(console, server, "push_notification_code", [JOB])
    interrupted(console)


def test_ids_rise(run, server):
    for number in 1, 2, 3:
        console = run(SCRIPT)
        console_shows(console, [f"Notification job created: {number}"])


def test_shows_the_transcript(run):
    def check(processor):
        console = run(SCRIPT)
        console_shows(console, transcript("6_job_creator")[:1])
        run(processor)
        console_shows(console, transcript("6_job_creator"))
        interrupted(console)

    run.with_partner(PARTNER, check)


def test_prints_lines_as_things_happen(run):
    def check(processor):
        run(processor)
        console = run(SCRIPT)
        console_shows(console, transcript("6_job_creator"))
        interrupted(console)

    run.with_partner(PARTNER, check)


@pytest.mark.strict
def test_exits_when_the_job_has_ended(run):
    run(PARTNER)
    console_shows(run(SCRIPT), transcript("6_job_creator"), ends=True)


@pytest.mark.strict
def test_a_job_that_fails(run, server):
    console = run(SCRIPT)
    console.wait_line("Notification job created")
    server.client.hset("rq:job:1", "data", b'["6_job_processor.process", null, [{"phoneNumber": 1}], {}]')
    run(PARTNER)
    console_shows(console, ["Notification job created: 1", "Notification job failed"], ends=True)
    assert len(console.stderr.splitlines()) == 2


@pytest.mark.strict
def test_ids_of_twenty_creators_at_once(run, server):
    consoles = [run(script) for script in [SCRIPT] * 18 + ["7_job_creator.py"] * 2]
    for console in consoles:
        if not console.wait(lambda console: len(console.lines) == (11 if "7" in console.script.name else 1), 20):
            explain(console, None, "should create its jobs")
    ids = [int(re.search(r"\d+", line)[0]) for console in consoles for line in console.lines]
    assert sorted(ids) == list(range(1, 18 + 22 + 1))
