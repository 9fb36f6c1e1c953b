"""What a student is told: the cause in a few words, the report, the table; whose fault it is."""

from types import SimpleNamespace

import pytest

from ..course import TASKS, as_printed, from_one, in_any_order, job_by_job
from . import report
from .stage import blamed
from .verdict import CannotJudge, GraderBroke, Wrong, cause

TASK = TASKS[2]


def console(*lines, end="\n", status=0, stderr="", name="1_redis_op.py", flooded=False):
    """What the grader asks of a Console."""
    stdout = "\n".join(lines) + (end if lines else "")
    shown = stdout.split("\n")[:-1]
    script = SimpleNamespace(name=name)
    return SimpleNamespace(
        stdout=stdout, lines=shown, stderr=stderr, status=status, script=script, flooded=flooded,
        environment={},
    )  # fmt: skip


# How two consoles are compared.


def test_jobs_may_interleave():
    one_by_one = ["created: 1", "created: 2", "job 1 0%", "job 1 completed", "job 2 0%"]
    mixed = ["created: 1", "created: 2", "job 1 0%", "job 2 0%", "job 1 completed"]
    assert job_by_job(mixed) == one_by_one
    assert job_by_job(["created: 1", "job 1 completed", "job 1 0%"])[1] == "job 1 completed"


def test_ids_are_counted_from_one():
    lines = ["Notification job created: 12", "Notification job 12 completed", "job 7 completed"]
    shown = ["Notification job created: 1", "Notification job 1 completed", "job ? completed"]
    assert from_one(lines) == shown


# The cause.

TRACEBACK = 'Traceback (most recent call last):\n  File "/x/1_redis_op.py", line 7\nNameError: x\n'


@pytest.mark.parametrize(
    "seen, order, expected",
    [
        (console("one", "TWO"), as_printed, "line 2 differs"),
        (console("one"), as_printed, "line 2 is missing"),
        (console("one", "two", "three"), as_printed, "line 3 is too many"),
        (console(), as_printed, "ends and prints nothing"),
        (console(status=None), as_printed, "prints nothing"),
        (console("one", flooded=True), as_printed, "prints without end, and was ended"),
        (
            console("one", status=1, stderr=TRACEBACK),
            as_printed,
            "raised NameError: x, at line 7",
        ),
        (console("two", "three"), in_any_order, "its lines differ"),
        (console("two"), in_any_order, "lines are missing"),
        (console("one", "one", "two"), in_any_order, "lines are too many"),
        (console("one", "two", end=""), as_printed, "line 2 differs"),
    ],
)
def test_the_cause_is_told_in_a_few_words(seen, order, expected):
    assert cause(seen, ["one", "two"], order) == expected


# The report.


def rendered(*consoles, expected=None, before=(), by_hand=(), either=False, verbose=False, **how):
    wrong = Wrong("line 2 differs", *consoles, expected=expected, **how)
    wrong.before, wrong.by_hand, wrong.either = list(before), list(by_hand), either
    return report.render(wrong, TASK, "redis op: shows the console", verbose)


def test_the_report_shows_expected_beside_seen_and_marks_the_difference():
    lines = rendered(console("one", "TWO"), expected=["one", "two"])
    assert lines[0] == "Task 2, 1_redis_op.py: line 2 differs"
    assert lines[1] == "  (while checked: redis op: shows the console)"
    assert lines[2:] == ["    Expected | Seen", "    one      | one", "  > two      | TWO"]


def test_the_report_says_what_was_done_before_and_how_to_do_it_by_hand():
    lines = rendered(
        console("one"), expected=["two"], before=["the key was set"], by_hand=["redis-cli set k v"]
    )
    assert "  Before that, the grader: the key was set." in lines
    assert "    $ redis-cli set k v" in lines


def test_a_report_is_a_screen_and_shows_the_first_difference():
    many = [f"line {n}" for n in range(500)]
    other = [*many[:300], "here", *many[301:]]
    noise = console(*other, stderr="e\n" * 50)
    lines = rendered(noise, console(*many, name="p.py"), expected=many)
    assert len(lines) <= report.HEIGHT
    assert any(line.startswith("  > ") and "here" in line for line in lines)
    assert len(rendered(noise, expected=many, verbose=True)) > 500


def test_nothing_that_a_script_writes_can_disturb_a_terminal():
    lines = rendered(console("\x1b[31mred", "blank "), expected=["red", "blank"])
    assert not any("\x1b" in line for line in lines)
    assert "\\x1b[31mred" in "".join(lines) and "blank\u2423" in "".join(lines)


@pytest.mark.parametrize(
    "line, stderr, hint",
    [
        ("b'School'", "", "decode"),
        ("Reply: True", "", "makes True"),
        ("Notification job created: 0a1b2c3d-", "", "random"),
        ("{'Portland': '50'}", "", "as Node does"),
        ("12:00:00 Worker", "", "RQ's log"),
        ("", "UnpicklingError: x", "same serializer"),
    ],
)
def test_a_well_known_symptom_gets_a_hint(line, stderr, hint):
    lines = rendered(console(line, stderr=stderr), expected=["other"])
    assert lines[-1].startswith("Hint: ") and hint in lines[-1]


def test_the_grader_s_own_failure_is_told_as_that():
    text = report.of_the_grader(TASK, GraderBroke("its redis-server has ended"))
    assert text.startswith("Task 2, 1_redis_op.py: the grader broke, not the script: ")


# The table.


def table(**outcomes):
    rows = [(task, outcomes.get(task.script[0], "passed"), 1.0) for task in TASKS]
    return report.table(rows, [], "python -m tests.grader DIR")


def test_the_table_names_the_first_task_to_mend_and_how_to_judge_it_alone():
    lines = table(**{"1": "failed", "4": "missing"})
    assert len(lines) == len(TASKS) + 2
    assert lines[-1].startswith("To mend first: task 2, 1_redis_op.py. ")
    assert lines[-1].endswith("python -m tests.grader DIR --task 2")


def test_the_table_says_if_all_passed():
    assert table()[-1] == "All tasks passed."
    assert table(**{"7": "not run"})[-1] == "All that was judged passed."


# Whose fault it is in a pair. The first finding is with the folder's own partner, the second ours.


def test_the_same_fault_with_either_partner_is_the_script_s_own():
    first, second = Wrong("prints nothing"), Wrong("prints nothing")
    assert blamed(first, second, "p.py", partner_has_failed=True) is first and not first.either


def test_another_fault_with_ours_may_be_either_s():
    first = Wrong("line 2 differs")
    assert blamed(first, Wrong("prints nothing"), "p.py", partner_has_failed=False) is first
    assert first.either


@pytest.mark.parametrize("second", [Wrong("prints nothing"), CannotJudge("no word")])
def test_a_script_is_not_failed_for_a_partner_that_has_failed(second):
    found = blamed(Wrong("line 2 differs"), second, "p.py", partner_has_failed=True)
    assert isinstance(found, CannotJudge) and "its own p.py, which has failed" in str(found)


def test_what_cannot_be_judged_with_its_own_partner_is_not_failed_with_ours():
    first = CannotJudge("no word")
    assert blamed(first, Wrong("prints nothing"), "p.py", partner_has_failed=False) is first
