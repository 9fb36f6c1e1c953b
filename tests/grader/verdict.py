"""What a check can find: a fault, with its cause in a few words, or that it cannot judge."""

import re
from collections import Counter

from ..course import as_printed


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
        self.before, self.by_hand, self.either = [], [], False  # told by the stage


class CannotJudge(Exception):
    """A check cannot tell whether the script is right. Its text says why."""


class GraderBroke(Exception):
    """The grader itself does not work."""


def seen_lines(console):
    """What the console shows, with what follows the last newline as a line of its own."""
    *lines, tail = console.stdout.split("\n")
    return lines + ([tail + "  (with no newline after it)"] if tail else [])


def cause(console, expected, order=as_printed):
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
    what = "is missing" if len(seen) < len(expected) else "is too many"
    return f"line {min(len(seen), len(expected)) + 1} {what}"


def last_error(console):
    """The last line of a traceback on stderr, with the line of the script that raised it."""
    lines = [line for line in console.stderr.splitlines() if line.strip()]
    if not any(line.startswith("Traceback") for line in lines):
        return None
    place = re.findall(rf'{re.escape(console.script.name)}", line (\d+)', console.stderr)
    return lines[-1][:120] + (f", at line {place[-1]}" if place else "")
