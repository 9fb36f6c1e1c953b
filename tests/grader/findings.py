"""What a check can find: a fault, with its cause in a few words, or that it cannot be made."""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

from ..course import blacklisted, in_any_order

MAX_CONSOLE_CHARS = 20_000  # characters of a console that are kept
TRACEBACK = r"(?m)^(Traceback \(most.*\n(?:[ \t].*\n|\n)*)(\S.*)"
INTERRUPTED = -2  # the exit status of a script that ^C ended


class Wrong(Exception):
    """A script does not do what the course asks.

    headline: the cause, in a few words. consoles: those of the scripts involved; the first one
    shows the fault. expected: the lines that it should show, compared after `normalize`. hint: what
    may help. in_pair: what shows the fault depends on both scripts of a pair.
    """

    def __init__(
        self, headline, *consoles, expected=None, normalize=list, hint=None, in_pair=False
    ):
        super().__init__(headline)
        self.headline, self.consoles, self.hint = headline, consoles, hint
        self.expected, self.normalize, self.in_pair = expected, normalize, in_pair
        self.seen = normalize(seen_lines(consoles[0])) if consoles else []
        self.may_be_partners_fault = False  # set if the fault may be in either script of the pair

    @property
    def missing(self):
        """The lines that were expected but not seen."""
        return list(Counter(self.expected or []) - Counter(self.seen))


class CannotJudge(Exception):
    """A check cannot be made, or cannot decide. Its text says why."""


class GraderBroke(Exception):
    """The grader itself does not work."""


@dataclass
class Finding:
    """What one check found. The process that checks a folder sends it; reports are made from it.

    status: passed, failed, missing, not run, or grader (it broke). check: the sentence that says
    what was checked. notes: what the grader did first, each with the words that it put in (if there
    are none, the note is always shown). commands: how to see the fault by hand; incomplete: whether
    they leave something out. consoles: each script's name, lines and stderr, the one that shows the
    fault first. doubts: what could not be determined about a script that passed.
    """

    script: str
    status: str
    check: str = ""
    headline: str = ""
    hint: str = ""
    seconds: float = 0.0
    notes: list = field(default_factory=list)
    commands: list = field(default_factory=list)
    incomplete: bool = False
    may_be_partners_fault: bool = False
    expected: list | None = None
    seen: list = field(default_factory=list)
    compared: str = ""
    consoles: list = field(default_factory=list)
    trace: str = ""
    doubts: list = field(default_factory=list)


def fault_fields(wrong):
    """Return the fields of a Finding that come from a Wrong."""
    return {
        "headline": wrong.headline,
        "may_be_partners_fault": wrong.may_be_partners_fault,
        "expected": wrong.expected,
        "seen": wrong.seen,
        "compared": how_compared(wrong.normalize),
        "consoles": [
            [
                console.script.name,
                seen_lines(console),
                console.stderr[-MAX_CONSOLE_CHARS:].splitlines(),
            ]
            for console in wrong.consoles
        ],
    }


def how_compared(normalize):
    """Return how lines were compared, for a report; an empty text if as they are."""
    if normalize is list:
        return ""
    return "in any order" if normalize is in_any_order else "job by job, counted from the first"


def seen_lines(console):
    """Return the lines of a console. What follows the last newline is a line of its own."""
    *lines, tail = console.stdout[:MAX_CONSOLE_CHARS].split("\n")
    return lines + ([tail + "  (with no newline after it)"] if tail else [])


def cause(console, expected, normalize=list):
    """Say in a few words how a console differs from what was expected."""
    seen = normalize(seen_lines(console))
    if console.flooded:
        return "prints without end, and was killed"
    more, fewer = Counter(seen) - Counter(expected), Counter(expected) - Counter(seen)
    ended_badly = console.status not in (None, 0, INTERRUPTED)
    shows_too_little = fewer and len(seen) <= len(expected)
    error = last_error(console.script.name, console.stderr)
    if error and (ended_badly or shows_too_little):
        return f"raises {error}"
    if not seen:
        return "prints nothing, and " + ("still runs" if console.status is None else "ends")
    if normalize is not list:
        if more:
            return "its lines differ" if fewer else "it prints too many lines"
        return "lines are missing" if fewer else "its lines are in the wrong order"
    for number, (line, wanted) in enumerate(zip_longest(seen, expected), 1):
        if line != wanted:
            how = "is missing" if line is None else "is too many" if wanted is None else "differs"
            return f"line {number} of its console {how}"
    return "its console differs"


def last_error(name, text):
    """Return the last error that has a traceback in a text, such as stderr, with the line of the
    script (its name) that raised it, or None. Errors that task 9 asks for, and ^C, do not count."""
    asked_for = blacklisted("").split()[-1]
    for frames, error in reversed(re.findall(TRACEBACK, text)):
        if not error.endswith(asked_for) and not error.startswith("KeyboardInterrupt"):
            place = re.findall(rf'{re.escape(name)}", line (\d+)', frames)
            return error[:200] + (f", at line {place[-1]}" if place else "")
    return None
