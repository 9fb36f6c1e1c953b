"""Whose fault it is, seen from what both scripts of a pair show: it is never told by what the
creator's lines lack alone."""

import re
from collections import Counter

from ..findings import last_error

# The lines that a creator may print, with any number, percentage and error.
CREATORS_LINE = re.compile(
    r"Notification job (?:created: \d+|#?\d+ \d+% complete|(?:#?\d+ )?completed|failed"
    r"|#?\d+ failed: .*)"
)


def asks_for_status(stage):
    """Whether a creator, before any processor ran, asked RQ for its job's status: then RQ alone can
    tell it how the job ends."""
    return any(
        key.startswith((b"rq:job:", b"rq:results:"))
        for _, words in stage.proxy.seen(b"HGETALL", b"HGET", b"HMGET", b"XREAD", b"XREVRANGE")
        for key in words[1:]
    )


def creators_own_fault(stage, fault):
    """Whether what a creator shows is its own fault for sure: words that no processor chose, a job
    that is not its own, an error, an early end, the same line twice."""
    console = fault.consoles[0]
    if last_error(console.script.name, console.stderr):
        return True
    lines = console.lines
    if any(not CREATORS_LINE.fullmatch(line) for line in lines):
        return True
    ids = {line.split(": ")[1] for line in lines if "created: " in line}
    if any(number not in ids for number in re.findall(r"job #?(\d+) ", "\n".join(lines))):
        return True
    if console.status == 0 and fault.lines_are_missing:
        return True
    if not ids or len(ids) == 1:
        return len(lines) > 2
    ends = re.findall(r"job #?(\d+) (?:completed|failed)", "\n".join(lines))
    return max(Counter(ends).values(), default=0) > 1


def processors_fault(console, expected, alike=False):
    """What is wrong with a processor, seen from its own console, or None. alike: all of the lines
    are the same, however many there are."""
    if console.status is not None:
        return "ends"
    if last_error(console.script.name, console.stderr):
        return "raises an error"
    lines = console.lines
    if set(lines) - set(expected):
        return "prints other lines"
    if not alike and Counter(lines) != Counter(expected):
        return "does not do its jobs"
    return None if lines or not expected else "does not do its jobs"
