"""What the course asks: its tasks, the transcripts of its consoles, and how a console is compared
with them."""

import re
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
OURS = HERE.parent
REFUSED = "Redis client not connected to the server: "
UNCLEAR = "unclear"  # what a check returns that could not judge


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


# How lines are compared where their order is not fixed.


def as_printed(lines):
    return lines


def once_each(lines):
    """One of each: the course does not say how often a script tries to connect."""
    return list(dict.fromkeys(lines))


def in_any_order(lines):
    return sorted(lines)


def job_by_job(lines):
    """Job after job, as two jobs at a time may interleave; within each job, as printed."""

    def number(line):
        found = re.search(r"job (?:created: )?(\d+)", line)
        return int(found[1]) if found else 0

    created = [line for line in lines if "created" in line]
    return created + sorted((line for line in lines if "created" not in line), key=number)


def from_one(lines):
    """The lines of task 8's creator with its ids counted from 1, as in the transcript."""
    ids = [line.split(": ")[1] for line in lines if "created: " in line]
    places = {number: str(place) for place, number in enumerate(ids, 1)}
    number = r"(?<=created: )\d+|(?<=job )\d+"
    return [re.sub(number, lambda found: places.get(found[0], "?"), line) for line in lines]


class Wrong(pytest.fail.Exception):
    """A script does not do what the course asks.

    headline: the cause, as one would say it. consoles: of the scripts concerned, the first is the
    one that is judged. expected: its lines, if it is they that differ.
    """

    def __init__(self, headline, *consoles, expected=None, order=as_printed, hint=None):
        super().__init__(headline, pytrace=False)
        self.headline, self.consoles, self.hint = headline, consoles, hint
        self.expected, self.order = expected, order
        self.seen = seen_lines(consoles[0]) if consoles else []
        self.did, self.by_hand, self.either = [], [], False


class Missing(pytest.fail.Exception):
    """A script that is judged is not there."""


def seen_lines(console):
    """What the console shows, with what follows the last newline as a line of its own."""
    *lines, tail = console.stdout.split("\n")
    return lines + ([tail + "  (with no newline after it)"] if tail else [])


def cause(console, expected, order=as_printed, what="console"):
    """Say in a few words how a console is not as expected."""
    seen = order(seen_lines(console))
    if console.flooded:
        return "prints without end, and was ended"
    if console.status not in (None, 0, -2) and (error := last_error(console)):
        return f"raised {error}"
    if not seen:
        return "prints nothing" if console.status is None else "ends and prints nothing"
    if order is not as_printed:
        more, fewer = Counter(seen) - Counter(expected), Counter(expected) - Counter(seen)
        if more:
            return "its lines differ" if fewer else "lines are too many"
        return "lines are missing" if fewer else "its lines are in another order"
    for number, (line, wanted) in enumerate(zip(seen, expected), 1):
        if line != wanted:
            return f"line {number} differs"
    if len(seen) < len(expected):
        return f"line {len(seen) + 1} is missing"
    return f"line {len(expected) + 1} is too many"


def last_error(console):
    """The last line of a traceback on stderr, with the line of the script that raised it."""
    lines = [line for line in console.stderr.splitlines() if line.strip()]
    if not any(line.startswith("Traceback") for line in lines):
        return None
    place = re.findall(rf'{re.escape(console.script.name)}", line (\d+)', console.stderr)
    return lines[-1][:120] + (f", at line {place[-1]}" if place else "")


def stable(console, seconds, most=3):
    """Wait until the console has shown nothing new for so long."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        before = len(console.lines)
        if not console.wait(lambda console, n=before: len(console.lines) > n, seconds):
            return


def console_shows(console, expected, order=as_printed, *, timeout=10, ends=False, settle=0.15):
    """Raise Wrong unless the console shows these lines, and no other, before the time is up.

    A script that has printed them all and lives on is looked at for `settle` seconds more, or until
    it ends, which it must with `ends` true, and then with exit status 0.
    """
    expected = order(expected)
    possible = set(expected)

    def decided(console):
        shown = console.lines
        return (
            order(shown) == expected
            or not possible.issuperset(shown)
            or len(shown) > 2 * len(expected) + 20
        )

    console.wait(lambda console: console.lines, min(timeout, 10))
    if console.lines:
        console.wait(decided, timeout)
    if order(console.lines) != expected:
        if order is as_printed:
            console.wait_exit(0.3)  # it may be about to end, and to say why
        else:
            stable(console, 0.3)  # let the cause not hang on which line came first
        raise Wrong(cause(console, expected, order), console, expected=expected, order=order)
    still = console.wait_exit(5 if ends else settle) is None
    if still and settle and console.is_busy():  # on a busy machine: it may be about to end
        still = console.wait(lambda console: not console.is_busy(), 2) or console.status is None
    if order(console.lines) != expected or (console.stdout and console.stdout[-1] != "\n"):
        raise Wrong(cause(console, expected, order), console, expected=expected, order=order)
    if still and ends:
        raise Wrong("does not end by itself", console, expected=expected, order=order)
    if console.status not in (None, 0):
        what = last_error(console)
        what = f"raised {what}" if what else f"ends with exit status {console.status}"
        raise Wrong(what, console, expected=expected, order=order)


def interrupted(console, besides=None):
    """Raise Wrong unless ^C ends the script, in five seconds and with nothing more on stdout, but
    for lines that begin with `besides`."""
    before = console.stdout
    if console.status is None:
        console.type("\x03")
        if console.wait_exit(5) is None:
            raise Wrong("does not end on ^C", console, expected=before.splitlines())
    more = console.stdout[len(before) :].splitlines()
    if not all(besides and line.startswith(besides) for line in more):
        raise Wrong("prints more on ^C", console, expected=before.splitlines())
