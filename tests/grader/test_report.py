"""What a student is told: the cause in a few words, the report, the table; whose fault it is."""

from types import SimpleNamespace

import pytest

from ..course import TASKS, as_printed, from_one, in_any_order, job_by_job
from . import report
from .stage import blamed
from .verdict import CannotJudge, GraderBroke, Wrong, cause


def console(*lines, end="\n", name="1_redis_op.py", **others):
    """What the grader asks of a Console."""
    stdout = "\n".join(lines) + (end if lines else "")
    asked = {"status": 0, "stderr": "", "flooded": False, "environment": {}, **others}
    lines = stdout.split("\n")[:-1]
    return SimpleNamespace(script=SimpleNamespace(name=name), stdout=stdout, lines=lines, **asked)


def test_jobs_may_interleave():
    one_by_one = ["created: 1", "created: 2", "job 1 0%", "job 1 completed", "job 2 0%"]
    mixed = ["created: 1", "created: 2", "job 1 0%", "job 2 0%", "job 1 completed"]
    assert job_by_job(mixed) == one_by_one
    assert job_by_job(["created: 1", "job 1 completed", "job 1 0%"])[1] == "job 1 completed"


def test_ids_are_counted_from_one():
    lines = ["Notification job created: 12", "Notification job 12 completed", "job 7 completed"]
    shown = ["Notification job created: 1", "Notification job 1 completed", "job ? completed"]
    assert from_one(lines) == shown


RAISES = 'Traceback (most recent call last):\n  File "/x/1_redis_op.py", line 7\nNameError: x\n'


@pytest.mark.parametrize(
    "seen, order, expected",
    [
        (console("one", "TWO"), as_printed, "line 2 differs"),
        (console("one", "two", end=""), as_printed, "line 2 differs"),
        (console("one"), as_printed, "line 2 is missing"),
        (console("one", "two", "three"), as_printed, "line 3 is too many"),
        (console(), as_printed, "ends and prints nothing"),
        (console(status=None), as_printed, "prints nothing"),
        (console("one", flooded=True), as_printed, "prints without end, and was ended"),
        (console(status=1, stderr=RAISES), as_printed, "raised NameError: x, at line 7"),
        (console("two", "three"), in_any_order, "its lines differ"),
        (console("two"), in_any_order, "lines are missing"),
        (console("one", "one", "two"), in_any_order, "lines are too many"),
    ],
)
def test_the_cause_is_told_in_a_few_words(seen, order, expected):
    assert cause(seen, ["one", "two"], order) == expected


def rendered(*consoles, expected, verbose=False):
    wrong = Wrong("line 2 differs", *consoles, expected=expected)
    wrong.before, wrong.by_hand = ["the key was set"], ["redis-cli set k v"]
    return report.render(wrong, TASKS[2], "shows the console", verbose)


def test_the_report_says_what_was_done_and_shows_expected_beside_seen():
    assert rendered(console("one", "TWO"), expected=["one", "two"]) == [
        "Task 2, 1_redis_op.py: line 2 differs",
        "  (checked: that it shows the console)",
        "  Before that, the grader: the key was set.",
        "To see it yourself, with a server of your own:",
        "    $ redis-cli set k v",
        "    Expected | Seen",
        "    one      | one",
        "  > two      | TWO",
    ]


def test_a_report_is_a_screen_and_shows_the_first_difference():
    many = [f"line {n}" for n in range(500)]
    other = [*many[:300], "here", *many[301:]]
    noise = console(*other, stderr="e\n" * 50)
    lines = rendered(noise, console(*many, name="p.py"), expected=many)
    assert len(lines) <= report.HEIGHT
    assert any(line.startswith("  > ") and "here" in line for line in lines)
    assert len(rendered(noise, expected=many, verbose=True)) > 500


def test_nothing_that_a_script_writes_can_disturb_a_terminal():
    text = "\n".join(rendered(console("\x1b[31mred", "blank "), expected=["red", "blank"]))
    assert "\x1b" not in text and "\\x1b[31mred" in text and "blank\u2423" in text


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
    text = report.of_the_grader(TASKS[2], GraderBroke("its redis-server has ended"))
    assert text.startswith("Task 2, 1_redis_op.py: the grader broke, not the script: ")


MEND = "To mend first: task 2, 1_redis_op.py. To judge it alone: COMMAND --task 2"


@pytest.mark.parametrize(
    "others, last",
    [
        ({"1_redis_op.py": "failed", "7_job_creator.py": "missing"}, MEND),
        ({}, "All tasks passed."),
        ({"7_job_creator.py": "not run"}, "All that was judged passed."),
    ],
)
def test_the_table_says_what_to_mend_first(others, last):
    outcomes = {task.script: "passed" for task in TASKS} | others
    assert report.table(outcomes, {}, [], "COMMAND")[len(TASKS) :] == ["", last]


def test_the_table_has_a_row_for_what_was_asked_for_only():
    row, *end = report.table({"1_redis_op.py": "passed"}, {}, [], "COMMAND")
    assert "1_redis_op.py" in row and end == ["", "All that was judged passed."]


NOT_JUDGED = "it understands only its own p.py, which has failed"


@pytest.mark.parametrize(
    "first, second, partner_has_failed, said, either",
    [
        (Wrong("one"), Wrong("one"), True, "one", False),
        (Wrong("one"), Wrong("other"), False, "one", True),
        (Wrong("one"), Wrong("other"), True, NOT_JUDGED, False),
        (Wrong("one"), CannotJudge("no word"), True, NOT_JUDGED, False),
        (CannotJudge("no word"), Wrong("one"), False, "no word", False),
    ],
)
def test_whose_fault_it_is_in_a_pair(first, second, partner_has_failed, said, either):
    """first: what was found with the folder's own partner; second: with ours."""
    found = blamed(first, second, "p.py", partner_has_failed)
    assert (str(found), getattr(found, "either", False)) == (said, either)
    assert found is first or isinstance(found, CannotJudge)
