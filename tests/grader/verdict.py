"""What a check can find: a fault, with its cause in a few words, or that it cannot judge."""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

from ..course import as_printed, blacklisted

MOST = 20_000  # characters of a console that are told
TRACEBACK = r"(?m)^(Traceback \(most.*\n(?:[ \t].*\n|\n)*)(\S.*)"


class Wrong(Exception):
    """A script does not do what the course asks.

    headline: the cause, as one would say it. consoles: of the scripts concerned, the first is the
    one that shows it. expected: its lines, if it is they that differ. hint: what may help.
    """

    def __init__(self, headline, *consoles, expected=None, order=as_printed, hint=None):
        super().__init__(headline)
        self.headline, self.consoles, self.hint = headline, consoles, hint
        self.expected, self.order = expected, order
        self.seen = seen_lines(consoles[0]) if consoles else []
        self.either = False  # the fault may be the partner's: told by the stage


class CannotJudge(Exception):
    """A check cannot tell whether the script is right. Its text says why."""


class GraderBroke(Exception):
    """The grader itself does not work."""


@dataclass
class Finding:
    """What one check has found, as the process that judges sends it and the reports are made of it.

    status: passed, failed, missing, not run, or grader (which broke). check: the sentence that says
    what was checked. before: what the grader did first. commands: how to see it by hand; altered:
    that not all that was done before can be typed. consoles: of each script its name, its lines
    and its stderr, the one that shows the fault first. doubts: what could not be told of a script
    that passed.
    """

    script: str
    status: str
    check: str = ""
    headline: str = ""
    hint: str = ""
    seconds: float = 0.0
    before: list = field(default_factory=list)
    commands: list = field(default_factory=list)
    altered: bool = False
    either: bool = False
    expected: list | None = None
    seen: list = field(default_factory=list)
    order: str = ""
    consoles: list = field(default_factory=list)
    trace: str = ""
    doubts: list = field(default_factory=list)


def facts(wrong):
    """The parts of a Finding that a Wrong has."""
    order = wrong.order
    return {
        "headline": wrong.headline,
        "either": wrong.either,
        "expected": wrong.expected,
        "seen": order(wrong.seen),
        "order": "" if order is as_printed else order.__name__.replace("_", " "),
        "consoles": [
            [console.script.name, seen_lines(console), console.stderr[-MOST:].splitlines()]
            for console in wrong.consoles
        ],
    }


def seen_lines(console):
    """What the console shows, with what follows the last newline as a line of its own."""
    *lines, tail = console.stdout[:MOST].split("\n")
    return lines + ([tail + "  (with no newline after it)"] if tail else [])


def cause(console, expected, order=as_printed):
    """Say in a few words how a console is not as expected."""
    seen = order(seen_lines(console))
    if console.flooded:
        return "prints without end, and was ended"
    more, fewer = Counter(seen) - Counter(expected), Counter(expected) - Counter(seen)
    ended_badly = console.status not in (None, 0, -2)
    shows_too_little = fewer and len(seen) <= len(expected)
    error = last_error(console.script.name, console.stderr)
    if error and (ended_badly or shows_too_little):
        return f"raised {error}"
    if not seen:
        return "prints nothing, and " + ("still runs" if console.status is None else "ends")
    if order is not as_printed:
        if more:
            return "its lines differ" if fewer else "lines are too many"
        return "lines are missing" if fewer else "its lines are in another order"
    for number, (line, wanted) in enumerate(zip_longest(seen, expected), 1):
        if line != wanted:
            how = "is missing" if line is None else "is too many" if wanted is None else "differs"
            return f"line {number} {how}"
    return "its console differs"


def last_error(name, text):
    """The last error whose traceback is in a text, such as stderr, with the line of the script (its
    name) that raised it; but for those that task 9 asks for."""
    asked_for = blacklisted("").split()[-1]
    for frames, error in reversed(re.findall(TRACEBACK, text)):
        if not error.endswith(asked_for) and not error.startswith("KeyboardInterrupt"):
            place = re.findall(rf'{re.escape(name)}", line (\d+)', frames)
            return error[:120] + (f", at line {place[-1]}" if place else "")
    return None
