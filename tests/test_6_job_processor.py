"""Task 7: the job processor."""

import pytest

from .course import console_shows, explain, interrupted, transcript
from .jobs import Stuck

SCRIPT = "6_job_processor.py"
PARTNER = "6_job_creator.py"


def test_processes_a_job_that_waits(run):
    def check(creator):
        run(creator).wait_line("Notification job created")
        console = run(SCRIPT)
        console_shows(console, transcript("6_job_processor"))
        if console.status is not None:
            explain(console, None, "should go on listening for jobs")
        interrupted(console)

    run.with_partner(PARTNER, check)


def test_processes_each_job_when_it_comes(run):
    def check(creator):
        console = run(SCRIPT)
        for count in 1, 2:
            run(creator).wait_line("Notification job created")
            console_shows(console, transcript("6_job_processor") * count)
        interrupted(console)

    run.with_partner(PARTNER, check)


@pytest.mark.strict
def test_runs_from_any_folder(run, tmp_path):
    console = run(SCRIPT, cwd=tmp_path)
    creator = run(PARTNER, cwd=tmp_path)
    console_shows(creator, transcript("6_job_creator"), ends=True)
    console_shows(console, transcript("6_job_processor"))


@pytest.mark.strict
def test_several_processors_and_creators(run):
    processors = [run(SCRIPT) for _ in range(2)]
    creators = [run(PARTNER) for _ in range(5)]
    for creator in creators:
        assert creator.wait_exit() == 0 and creator.lines[-1] == "Notification job completed"
    lines = [line for processor in processors for line in processor.lines]
    assert lines == transcript("6_job_processor") * 5


@pytest.mark.strict
def test_one_job_at_a_time(run, server):
    with Stuck() as stuck:
        run(SCRIPT, stdout=stuck.writer)
        creators = [run(PARTNER) for _ in range(2)]
        for creator in creators:
            assert creator.wait_line("Notification job created")
        creators[0].wait_exit(1)
        assert server.client.zcard("rq:wip:push_notification_code") == 1
        stuck.free()
        for creator in creators:
            assert creator.wait_exit() == 0
