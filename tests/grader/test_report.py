"""What a student is told: the cause in a few words, the report, the table; whose fault it is."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ..course import (
    EDITIONS,
    as_printed,
    created,
    from_one,
    in_any_order,
    job_by_job,
    replies,
    without_hash,
)
from . import report
from .hints import hint
from .results import SCRIPTS, Folder, Result
from .stage import blamed
from .verdict import CannotJudge, Finding, Wrong, cause, facts


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
    lines = [*created(12), "job 12 completed", "job 7 completed"]
    assert from_one(lines) == [*created(1), "job 1 completed", "job ? completed"]


def test_each_number_may_have_a_hash_or_none():
    assert without_hash(["a job #1 0%", "a job #2 0%"]) == ["a job 1 0%", "a job 2 0%"]
    assert without_hash(["a job #1 0%", "a job 2 0%"]) == ["a job #1 0%", "a job 2 0%"]


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
        (console("one", stderr=RAISES), as_printed, "raised NameError: x, at line 7"),
        (console("two", "three"), in_any_order, "its lines differ"),
        (console("two"), in_any_order, "lines are missing"),
        (console("one", "one", "two"), in_any_order, "lines are too many"),
    ],
)
def test_the_cause_is_told_in_a_few_words(seen, order, expected):
    assert cause(seen, ["one", "two"], order) == expected


def found(*consoles, expected=None, **others):
    wrong = Wrong("line 2 differs", *consoles, expected=expected)
    told = {"before": ["the key was set"], "commands": ["redis-cli set k v"], **others}
    return Finding("1_redis_op.py", "failed", "shows the console", **facts(wrong), **told)


def rendered(*consoles, verbose=False, **others):
    return report.render(found(*consoles, **others), verbose).splitlines()


def test_the_report_says_what_was_done_and_shows_expected_beside_seen():
    assert rendered(console("one", "TWO"), expected=["one", "two"]) == [
        "Task 2, 1_redis_op.py: line 2 differs",
        "  (checked: that it shows the console)",
        "  What the grader did: the key was set.",
        "To see it yourself, with an empty redis-server on port 6379:",
        "    $ redis-cli set k v",
        "    Expected | Seen",
        "    one      | one",
        "  > two      | TWO",
    ]


def test_what_is_to_be_typed_does_not_wait_for_what_comes_later():
    commands = ["python a/5_subscriber.py", "redis-cli publish c m"]
    lines = rendered(console("one"), commands=commands, altered=True)
    assert "    $ python a/5_subscriber.py & sleep 1" in lines
    assert "    $ redis-cli publish c m" in lines
    assert any("the fault may not show" in line for line in lines)


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


def stage(*commands, port=6379, script="1_redis_op.py"):
    """What a hint asks of a Stage. commands: those that the proxy has seen."""
    proxy = SimpleNamespace(port=port, url=f"redis://127.0.0.1:{port}", listener=True)
    proxy.commands = [(0, command.encode().split()) for command in commands]
    proxy.seen = lambda name: [one for one in proxy.commands if one[1][0] == name]
    return SimpleNamespace(proxy=proxy, script=script, edition=EDITIONS["holberton"])


@pytest.mark.parametrize(
    "line, stderr, seen, said",
    [
        ("b'School'", "", "", "decode"),
        (f"{replies(True)[0]}", "", "", "makes True"),
        (f"{created('0a1b2c3d-')[0]}", "", "", "random"),
        ("{'Portland': '50'}", "", "", "as Node does"),
        ("12:00:00 Worker", "", "", "RQ's log"),
        ("", "UnpicklingError: x", "", "same serializer"),
        ("", "'utf-8' codec can't decode byte 0x9c in position 1", "", "RQ needs bytes"),
        ("", "TypeError: Job ID must be a string, not <class 'int'>", "", "str("),
        ("", "TimeoutError: Timeout reading from 127.0.0.1:6379", "", "socket_timeout=None"),
        ("", "Error 111 connecting to localhost:6380. Connection refused.", "", "port 6380"),
        ("", "", "GET ALXSanFrancisco", "--edition alx"),
        ("", "", "BLPOP rq:queue:notifications 3", "on the queue 'notifications', not on"),
    ],
)
def test_a_well_known_symptom_gets_a_hint(line, stderr, seen, said):
    script = "6_job_processor.py" if "rq:" in seen else "1_redis_op.py"
    wrong = Wrong("line 1 differs", console(line, stderr=stderr))
    assert said in hint(wrong, stage(*filter(None, [seen]), script=script))


def test_the_report_says_that_the_grader_broke():
    broke = Finding("1_redis_op.py", "grader", headline="its redis-server has ended", trace="...")
    text = report.render(broke)
    assert text.startswith("Task 2, 1_redis_op.py: the grader broke, not the script: ")


def result(*scripts, **statuses):
    """A Result in which the scripts that were asked for have passed, but for some."""
    folder = Folder("one", "one", Path("one"), "")
    statuses = dict.fromkeys(scripts, "passed") | statuses
    return Result(
        folder, scripts, "COMMAND", findings=[Finding(*pair) for pair in statuses.items()]
    )


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
    assert report.table(result(*SCRIPTS, **others))[-2:] == ["", last]


def test_the_table_has_a_row_for_what_was_asked_for_only():
    row, *end = report.table(result("1_redis_op.py"))
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
