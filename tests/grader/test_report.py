"""What a student is told: the report, the table, and whose fault it is.

Causes, hints and whole reports are tested by running the grader: they are in proof/reports/.
"""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ..course import BLACKLIST, TASKS, blacklisted, created, failed, job_by_job, percent_complete
from . import report
from .checks.check_7_job_processor import at_a_time_if_redis_is_slow
from .checks.whose import Told, creators_own_fault
from .findings import CannotJudge, Finding, Wrong, fault_fields
from .hints import hint_for
from .pairs import decide


def console(*lines, name="1_redis_op.py", stderr=""):
    """Return an object with what the grader reads from a Console."""
    stdout = "".join(f"{line}\n" for line in lines)
    return SimpleNamespace(script=SimpleNamespace(name=name), stdout=stdout, stderr=stderr)


def test_jobs_may_interleave():
    one_by_one = ["created: 1", "created: 2", "job 1 0%", "job 1 completed", "job 2 0%"]
    mixed = ["created: 1", "created: 2", "job 1 0%", "job 2 0%", "job 1 completed"]
    assert job_by_job(mixed) == one_by_one
    assert job_by_job(["created: 1", "job 1 completed", "job 1 0%"])[1] == "job 1 completed"


def rendered(*consoles, verbose=False, expected=None):
    """Return the lines of a report on a difference."""
    parts = fault_fields(Wrong("line 2 differs", *consoles, expected=expected))
    found = Finding("1_redis_op.py", "failed", "shows the console", commands=["a"], **parts)
    return report.render(found, verbose).splitlines()


def test_a_report_is_a_screen_and_shows_the_first_difference():
    many = [f"line {n}" for n in range(100)]
    other = [*many[:60], "here", *many[61:]]
    noise = console(*other, stderr="e\n" * 50)
    lines = rendered(noise, console(*many, name="p.py"), expected=many)
    assert len(lines) <= report.HEIGHT
    assert any(line.startswith("  > ") and "here" in line for line in lines)
    assert len(rendered(noise, expected=many, verbose=True)) > 100


def test_nothing_that_a_script_writes_can_disturb_a_terminal():
    text = "\n".join(rendered(console("\x1b[31mred", "blank "), expected=["red", "blank"]))
    assert "\x1b" not in text and "\\x1b[31mred" in text and "blank\u2423" in text


def test_a_reply_that_is_waited_for_too_long_gets_a_hint():
    """The other hints are tested with proof/reports/."""
    script = console(stderr="TimeoutError: Timeout reading from x:6379")
    wrong = Wrong("prints nothing", script)
    stage = SimpleNamespace(proxy=SimpleNamespace(listener=None), folder=Path(), script="x.py")
    assert "socket_timeout=None" in hint_for(wrong, stage)


def test_the_report_says_that_the_grader_broke():
    broke = Finding(
        "1_redis_op.py", "grader", "a check", headline="its redis-server has ended", trace="..."
    )
    text = report.render(broke)
    assert text.startswith("Task 2, 1_redis_op.py: the grader broke, not the script: ")


def task(script, status="passed"):
    """Return what is recorded about a script."""
    row = {"number": script[0], "title": "title", "script": script, "status": status}
    return row | {"headline": "", "doubts": [], "report": "", "trace": "", "seconds": 0.0}


ALL = [task(one.script) for one in TASKS]


@pytest.mark.parametrize(
    "tasks, last",
    [
        (ALL, "All tasks passed."),
        ([*ALL[:-1], task("7_job_processor.py", "not run")], "All that could be checked passed."),
        ([task("1_redis_op.py")], "All that was checked passed."),
        ([task("1_redis_op.py", "not run")], "Nothing could be checked."),
        (
            [task("dump.rdb", "missing"), task("2_redis_op_async.py", "missing")],
            "Fix this first: task 2, 2_redis_op_async.py. To check it by itself: again --task 2",
        ),
        (
            [task("1_redis_op.py", "missing"), task("4_redis_advanced_op.py", "failed")],
            "Fix this first: task 4, 4_redis_advanced_op.py. To check it by itself: again --task 4",
        ),
    ],
)
def test_the_summary_has_a_row_for_each_script_and_says_what_is_next(tasks, last):
    data = {"folder": "one", "remark": "", "tasks": tasks}
    *rows, blank, end = report.summary(data, "again")
    assert (blank, end) == ("", last)
    assert [row.split()[2] for row in rows] == [one["script"] for one in tasks]


def attempt(fault, partners_fault=None, *, is_served=False, in_pair=False):
    """Return the outcome of trying a script with a partner."""
    if fault:
        fault.in_pair = in_pair
    story = ["note"], ["command"], False
    return SimpleNamespace(
        fault=fault, partners_fault=partners_fault, is_served=is_served, story=story
    )


def decided(own, ours, why=None, partner_failed=False):
    """Return the text of the verdict on a script, and whether the fault may be in either one."""
    stage = SimpleNamespace(
        partner="p.py", has_failed=lambda _: partner_failed, note=lambda *texts: None
    )
    with pytest.raises((Wrong, CannotJudge)) as raised:
        decide(stage, own, ours, why)
    return str(raised.value), getattr(raised.value, "may_be_partners_fault", False)


ALONE = "only its own p.py understands it, and that"


def test_whose_fault_it_is_in_a_pair():
    not_understood = attempt(Wrong("ours"))
    # The script and this project's partner understand each other: their outcome decides.
    assert decided(attempt(Wrong("own")), attempt(Wrong("ours"), is_served=True)) == ("ours", False)
    # Its own partner is missing.
    assert decided(None, not_understood, "is missing") == (f"{ALONE} is missing", False)
    # The fault is in what the script shows by itself.
    assert decided(attempt(Wrong("own")), not_understood) == ("own", False)
    # The fault is in what both do.
    assert decided(attempt(Wrong("own"), in_pair=True), not_understood) == ("own", True)
    ends = attempt(Wrong("own"), "ends", in_pair=True)
    assert decided(ends, not_understood) == (f"{ALONE} ends", False)
    # Its partner failed before.
    own = attempt(Wrong("own"))
    assert decided(own, not_understood, partner_failed=True) == (f"{ALONE} fails", False)


def test_only_one_module_knows_this_project_s_scripts():
    """So nothing can run our partner before the folder's own was tried."""
    checks = Path(__file__).parent / "checks"
    for module in [*checks.glob("*.py"), checks.parent / "stage.py", checks.parent / "judge.py"]:
        assert "OURS" not in module.read_text() and "STAND_INS" not in module.read_text()


def creator(*lines, status=None):
    """Return a Wrong about a creator of two jobs that shows these lines and should show more."""
    shown = console(*created(1, 2), *lines, name="7_job_creator.py")
    shown.status, shown.lines = status, [*created(1, 2), *lines]
    return Wrong("", shown, expected=[*shown.lines, percent_complete(2, 50)])


COMPLETED_1, FAILED_1 = "Notification job 1 completed", failed(1, blacklisted(BLACKLIST[0]))


@pytest.mark.parametrize(
    "fault, says, is_own",
    [
        (creator(), "", False),  # so far, nobody may have reported anything
        (creator("Job 1 completed"), "", True),
        (creator("Notification job 3 completed"), "", True),
        (creator(COMPLETED_1, status=0), "", True),  # it ends before the second job does
        (creator(COMPLETED_1, "Notification job 2 completed", status=0), "", False),
        (creator(FAILED_1, COMPLETED_1), "job 1 failed\njob 2 completed", True),
        (creator(FAILED_1, COMPLETED_1), "job 1 failed\njob 1 completed", False),
        (creator(FAILED_1, COMPLETED_1), "rq:job:1 failed\nrq:job:1 status finished", False),
    ],
)
def test_what_is_surely_a_creators_own_fault(fault, says, is_own):
    assert creators_own_fault(fault, Told(says.split("\n"), 2)) == is_own


COMPLETES_FAILED, LATE = "reports that failed jobs are completed", "reports progress after the end"


@pytest.mark.parametrize(
    "lines, says, report",
    [
        ([COMPLETED_1], "job 1 completed", COMPLETES_FAILED),
        ([COMPLETED_1], "job 1 failed", "None"),
        ([FAILED_1, COMPLETED_1], "job 1 failed\njob 1 completed", COMPLETES_FAILED),
        ([COMPLETED_1, percent_complete(1, 50)], "job 1 completed\njob 1 at 50", LATE),
        (
            [percent_complete(1, 50)],
            "job 1 at 50",
            "reports progress that the course does not ask for",
        ),
        ([percent_complete(1, 50)], "job 11 at 50", "None"),
        ([failed(1, 'a "b"')], '{"job": 1, "why": "a \\"b\\""}', "reports errors in other words"),
    ],
)
def test_which_wrong_lines_of_a_creator_the_processor_told(lines, says, report):
    told, expected = Told(says.split("\n"), 2), created(1, 2)
    assert str(told.wrong_report([*expected, *lines], expected)).startswith(report)


@pytest.mark.parametrize(
    "jobs, seconds, count",
    [
        ("1 1 2 2", 0.1, 1),
        ("1 2 1 2", 0.1, 2),
        ("1 1 2 2", 0.0, None),  # they do not wait for Redis, so its delay shows nothing
    ],
)
def test_how_many_jobs_are_done_at_a_time_is_seen_in_the_creators_lines(jobs, seconds, count):
    lines = [percent_complete(job, 0) for job in jobs.split()]
    for place in [n for n, line in enumerate(lines) if line in lines[:n]]:
        lines[place] = f"Notification job {jobs.split()[place]} completed"
    follower = SimpleNamespace(lines=lines, times=[seconds * n for n in range(len(lines))])
    assert at_a_time_if_redis_is_slow(follower) == count
