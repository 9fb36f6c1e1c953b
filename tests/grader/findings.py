"""What a check can find: a fault, with its cause in a few words, or that it could not be made."""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

from ..course import as_printed, blacklisted

LONGEST = 20_000  # characters of a console that are kept
TRACEBACK = r"(?m)^(Traceback \(most.*\n(?:[ \t].*\n|\n)*)(\S.*)"
INTERRUPTED = -2  # the exit status of a script that ^C ended


class Wrong(Exception):
    """A script does not do what the course asks.

    headline: the cause, in a few words. consoles: of the scripts concerned; the first one shows the
    fault. expected: the lines that it should show, compared after `normalize`. hint: what may help.
    in_pair: what shows it depends on both scripts of a pair.
    """

    def __init__(
        self, headline, *consoles, expected=None, normalize=as_printed, hint=None, in_pair=False
    ):
        super().__init__(headline)
        self.headline, self.consoles, self.hint = headline, consoles, hint
        self.expected, self.normalize, self.in_pair = expected, normalize, in_pair
        self.seen = normalize(seen_lines(consoles[0])) if consoles else []
        self.may_be_partners = False  # set if the fault may be in either script of the pair

    @property
    def missing(self):
        """The lines that are expected and not seen."""
        return list(Counter(self.expected or []) - Counter(self.seen))


class CannotJudge(Exception):
    """A check cannot be made, or cannot tell. Its text says why."""


class GraderBroke(Exception):
    """The grader itself does not work."""


@dataclass
class Finding:
    """What one check found. The process that checks a folder sends it, and reports are made of it.

    status: passed, failed, missing, not run, or grader (which broke). check: the sentence that says
    what was checked. notes: what the grader did first, each with the words that it put in (none:
    always shown). commands: how to see it by hand; incomplete: they leave out a part of that.
    consoles: of each script its name, its lines and its stderr, the one that shows the fault first.
    doubts: what could not be told about a script that passed.
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
    may_be_partners: bool = False
    expected: list | None = None
    seen: list = field(default_factory=list)
    compared: str = ""
    consoles: list = field(default_factory=list)
    trace: str = ""
    doubts: list = field(default_factory=list)


def fault_fields(wrong):
    """The fields of a Finding that a Wrong gives."""
    return {
        "headline": wrong.headline,
        "may_be_partners": wrong.may_be_partners,
        "expected": wrong.expected,
        "seen": wrong.seen,
        "compared": (wrong.normalize.__doc__ or "").split(";")[0],
        "consoles": [
            [console.script.name, seen_lines(console), console.stderr[-LONGEST:].splitlines()]
            for console in wrong.consoles
        ],
    }


def seen_lines(console):
    """What the console shows, with what follows the last newline as a line of its own."""
    *lines, tail = console.stdout[:LONGEST].split("\n")
    return lines + ([tail + "  (with no newline after it)"] if tail else [])


def cause(console, expected, normalize=as_printed):
    """Say in a few words how a console differs from what is expected."""
    seen = normalize(seen_lines(console))
    if console.flooded:
        return "prints without end, and was ended"
    more, fewer = Counter(seen) - Counter(expected), Counter(expected) - Counter(seen)
    ended_badly = console.status not in (None, 0, INTERRUPTED)
    shows_too_little = fewer and len(seen) <= len(expected)
    error = last_error(console.script.name, console.stderr)
    if error and (ended_badly or shows_too_little):
        return f"raises {error}"
    if not seen:
        return "prints nothing, and " + ("still runs" if console.status is None else "ends")
    if normalize is not as_printed:
        if more:
            return "its lines differ" if fewer else "it prints too many lines"
        return "lines are missing" if fewer else "its lines are in another order"
    for number, (line, wanted) in enumerate(zip_longest(seen, expected), 1):
        if line != wanted:
            how = "is missing" if line is None else "is too many" if wanted is None else "differs"
            return f"line {number} {how}"
    return "its console differs"


def last_error(name, text):
    """The last error whose traceback is in a text, such as stderr, with the line of the script (its
    name) that raised it; those that task 9 asks for do not count."""
    asked_for = blacklisted("").split()[-1]
    for frames, error in reversed(re.findall(TRACEBACK, text)):
        if not error.endswith(asked_for) and not error.startswith("KeyboardInterrupt"):
            place = re.findall(rf'{re.escape(name)}", line (\d+)', frames)
            return error[:200] + (f", at line {place[-1]}" if place else "")
    return None
