"""What the course asks: its tasks, the transcripts of its consoles, and the comparison of a console with them."""

import difflib
import re
import signal
import time
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
OURS = HERE.parent


class Task(NamedTuple):
    number: str
    title: str
    script: str


TASKS = [
    Task("0", "Install a redis instance", "dump.rdb"),
    Task("1", "Node Redis Client", "0_redis_client.py"),
    Task("2", "Node Redis client and basic operations", "1_redis_op.py"),
    Task("3", "Node Redis client and async operations", "2_redis_op_async.py"),
    Task("4", "Node Redis client and advanced operations", "4_redis_advanced_op.py"),
    Task("5", "Node Redis client publisher and subscriber", "5_subscriber.py"),
    Task("5", "Node Redis client publisher and subscriber", "5_publisher.py"),
    Task("6", "Create the Job creator", "6_job_creator.py"),
    Task("7", "Create the Job processor", "6_job_processor.py"),
    Task("8", "Track progress and errors: Create the Job creator", "7_job_creator.py"),
    Task("9", "Track progress and errors: the job processor", "7_job_processor.py"),
]


def transcript(name):
    """The lines of a console as the course shows it."""
    return (HERE / "transcripts" / f"{name}.txt").read_text().splitlines()


def find(config, script):
    """The path of a script of the folder that is judged. The first test that misses one fails, with one line."""
    path = config.folder / script
    if not path.is_file():
        missing = f"{script} is missing from {config.folder}"
        if missing in config.missing:
            pytest.skip(missing)
        config.missing.add(missing)
        raise Missing(missing, pytrace=False)
    return path


class Missing(pytest.fail.Exception):
    """A script that is judged is not there."""


# How lines are compared where their order is not fixed.


def as_printed(lines):
    return lines


def once_each(lines):
    """One of each: the course does not say how often a script tries to connect."""
    return list(dict.fromkeys(lines))


def in_any_order(lines):
    return sorted(lines)


def job_by_job(lines):
    """Job after job, as two jobs at the same time may interleave; the order within each job is as printed."""

    def number(line):
        found = re.search(r"job (?:created: )?(\d+)", line)
        return int(found[1]) if found else 0

    created = [line for line in lines if "created" in line]
    return created + sorted((line for line in lines if "created" not in line), key=number)


def from_one(lines):
    """The lines of task 8's creator with its ids counted from 1, as in the transcript."""
    ids = [line.split(": ")[1] for line in lines if "created" in line]
    places = {number: str(place) for place, number in enumerate(ids, 1)}
    return [re.sub(r"(?<=created: )\d+|(?<=job )\d+", lambda found: places.get(found[0], "?"), line) for line in lines]


def console_shows(console, expected, order=as_printed, *, timeout=5, ends=False):
    """Fail the test unless the console shows these lines, and no other, within `timeout` seconds.

    A script that then goes on is ended by ^C, if it ends by itself its exit status must be 0; it must if `ends` is true.
    """
    expected = order(expected)
    possible = set(expected)

    def decided(console):
        shown = console.lines
        return order(shown) == expected or not possible.issuperset(shown) or len(shown) > 2 * len(expected) + 20

    console.wait(decided, timeout)
    if order(console.lines) != expected:
        explain(console, expected, "shows another console than the course", order)
    still = console.wait_exit(5 if ends else 0.15) is None
    if order(console.lines) != expected or (console.stdout and not console.stdout.endswith("\n")):
        explain(console, expected, "shows more than the course", order)
    if still and ends:
        explain(console, expected, "should have ended by itself", order)
    if console.status not in (None, 0):
        explain(console, expected, "should have ended with exit status 0", order)


def interrupted(console):
    """Fail the test unless ^C ends the script, in five seconds and with nothing more on stdout."""
    before = console.stdout
    if console.status is None:
        console.signal(signal.SIGINT)
        if console.wait_exit(5) is None:
            explain(console, None, "does not end on ^C")
    if console.stdout != before:
        explain(console, before.splitlines(), "prints more on ^C")


def explain(console, expected, what, order=as_printed):
    """Fail the test with all that a person needs to see what is wrong with the script."""
    if console.flooded:
        what = "writes without end and was ended"
    shown = console.stdout.split("\n")
    tail = shown.pop()  # what follows the last newline
    shown += [tail + "  (and no newline)"] if tail else []
    status = "still running" if console.status is None else f"exit status {console.status}"
    parts = [
        f"{console.script.name} {what} ({status}, after {time.monotonic() - console.started:.1f} s).",
        f"To run it by hand:\n  {console.by_hand()}",
    ]
    if expected is not None:
        note = "" if order is as_printed else f" (compared {order.__name__.replace('_', ' ')})"
        parts.append(f"Expected console{note}:\n{indented(expected)}")
    parts.append(f"Actual console:\n{indented(shown)}")
    if expected is not None:
        difference = difflib.unified_diff(expected, order(shown)[:500], "expected", "actual", lineterm="", n=2)
        parts.append(f"Difference:\n{indented(list(difference))}")
    parts.append(f"stderr:\n{indented(console.stderr.splitlines())}")
    pytest.fail("\n".join(parts), pytrace=False)


def indented(lines, most=60):
    """Lines for a report: escaped, so that nothing that a script writes can disturb a terminal, and not too many."""
    lines = [re.sub(r"[^\x20-\x7e\xa0-\U0010ffff]", lambda found: f"\\x{ord(found[0]):02x}", line) for line in lines]
    lines = [line if len(line) <= 300 else f"{line[:300]}... ({len(line)} characters)" for line in lines]
    if len(lines) > most:
        lines[most:] = [f"... ({len(lines) - most} more lines)"]
    return "\n".join(f"  | {line}" for line in lines) or "  (nothing)"
