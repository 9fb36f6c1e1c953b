"""Task 9: the job processor that reports progress and errors."""

import pytest

from .course import console_shows, explain, in_any_order, interrupted, job_by_job, transcript
from .jobs import Stuck

SCRIPT = "7_job_processor.py"
PARTNER = "7_job_creator.py"


def test_shows_the_transcript(run):
    def check(creator):
        console = run(SCRIPT)
        both = run(creator)
        console_shows(console, transcript("7_job_processor"), in_any_order)
        console_shows(both, transcript("7_job_creator"), job_by_job)
        if console.status is not None:
            explain(console, None, "should go on listening for jobs")
        interrupted(console)

    run.with_partner(PARTNER, check)


def test_two_jobs_at_a_time(run):
    """The processor's stdout is a pipe that is full: two jobs get as far as to print, and no third is begun."""

    def check(creator):
        with Stuck() as stuck:
            console = run(SCRIPT, stdout=stuck.writer)
            both = run(creator)
            half = [f"Notification job {number} 50% complete" for number in range(3, 12)]
            both.wait(lambda both: sum(line in half for line in both.lines) > 1, 5)
            both.wait_exit(0.3)
            begun = sum(line in half for line in both.lines)
            if begun != 2 or any("completed" in line for line in both.lines):
                explain(
                    console, None, f"should work on two jobs at a time; while it could not print, {begun} were begun"
                )
            output = stuck.free()
            console_shows(both, transcript("7_job_creator"), job_by_job)
            console.__exit__()
            assert sorted(output.read().decode().splitlines()) == sorted(transcript("7_job_processor"))

    run.with_partner(PARTNER, check)


@pytest.mark.strict
def test_both_queues_at_once(run):
    run(SCRIPT)
    run("6_job_processor.py")
    creator = run("6_job_creator.py")
    assert creator.wait_exit() == 0 and creator.lines == transcript("6_job_creator")
    creator = run(PARTNER)
    assert creator.wait_exit() == 0
    assert creator.lines[0] == "Notification job created: 2" and len(creator.lines) == 11 * 4 - 2
