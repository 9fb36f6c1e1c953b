"""What a student is told: the report, the table, whose fault it is.

The causes, the hints and whole reports are in proof/reports/, whose test runs the grader for them.
"""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ..course import job_by_job
from . import report
from .hints import hint
from .results import SCRIPTS, Folder, Result
from .stage import blamed
from .verdict import CannotJudge, Finding, Wrong, facts


def console(*lines, name="1_redis_op.py", stderr=""):
    """What the grader asks of a Console."""
    stdout = "".join(f"{line}\n" for line in lines)
    return SimpleNamespace(script=SimpleNamespace(name=name), stdout=stdout, stderr=stderr)


def test_jobs_may_interleave():
    one_by_one = ["created: 1", "created: 2", "job 1 0%", "job 1 completed", "job 2 0%"]
    mixed = ["created: 1", "created: 2", "job 1 0%", "job 2 0%", "job 1 completed"]
    assert job_by_job(mixed) == one_by_one
    assert job_by_job(["created: 1", "job 1 completed", "job 1 0%"])[1] == "job 1 completed"


def rendered(*consoles, verbose=False, expected=None):
    """The lines of a report on a difference."""
    parts = facts(Wrong("line 2 differs", *consoles, expected=expected))
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
    """The other hints are in proof/reports."""
    wrong = Wrong("prints nothing", console(stderr="TimeoutError: Timeout reading from x:6379"))
    stage = SimpleNamespace(proxy=SimpleNamespace(listener=None))
    assert "socket_timeout=None" in hint(wrong, stage)


def test_the_report_says_that_the_grader_broke():
    broke = Finding(
        "1_redis_op.py", "grader", "a check", headline="its redis-server has ended", trace="..."
    )
    text = report.render(broke)
    assert text.startswith("Task 2, 1_redis_op.py: the grader broke, not the script: ")


@pytest.mark.parametrize(
    "scripts, others, last",
    [
        (SCRIPTS, {}, "All tasks passed."),
        (SCRIPTS, {"7_job_creator.py": "not run"}, "All that was judged passed."),
        (["1_redis_op.py"], {}, "All that was judged passed."),
    ],
)
def test_the_table_has_a_row_for_what_was_asked_for_and_says_what_passed(scripts, others, last):
    findings = [Finding(script, others.get(script, "passed")) for script in scripts]
    result = Result(Folder("one", "one", Path("one"), ""), scripts, findings=findings)
    *rows, blank, end = report.table(result)
    assert (blank, end) == ("", last)
    rows = [row for row in rows if row[0].isdigit()]  # before them, what was not checked
    assert all(script in row for script, row in zip(scripts, rows, strict=True))


NOT_JUDGED = "it understands only its own p.py, which has failed"


@pytest.mark.parametrize(
    "first, second, partner_has_failed, said, either",
    [
        (Wrong("one"), Wrong("one"), True, "one", False),
        (Wrong("one"), Wrong("other"), False, "one", True),
        (Wrong("one"), Wrong("other"), True, NOT_JUDGED, False),
    ],
)
def test_whose_fault_it_is_in_a_pair(first, second, partner_has_failed, said, either):
    """first: what was found with the folder's own partner; second: with ours."""
    found = blamed(first, second, "p.py", partner_has_failed)
    assert (str(found), getattr(found, "either", False)) == (said, either)
    assert found is first or isinstance(found, CannotJudge)
