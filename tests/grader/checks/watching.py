"""Watching a script until it has shown what it should, or cannot any more."""

import time

from ...course import as_printed
from ..verdict import Wrong, cause, last_error


def stable(console, seconds):
    """Wait until the console has shown nothing new for so long, three seconds at most."""
    end = time.monotonic() + 3
    while time.monotonic() < end and console.wait_lines(len(console.lines) + 1, seconds):
        pass


def console_shows(console, expected, order=as_printed, *, timeout=10, ends=False, settle=0.15):
    """Raise Wrong unless the console shows these lines, and no other, before the time is up.

    A script that has printed them all and lives on is looked at for `settle` seconds more, or until
    it ends, which it must with `ends` true, and then with exit status 0.
    """
    expected = order(expected)
    possible = set(expected)

    def decided(console):
        shown = console.lines
        too_many = len(shown) > 2 * len(expected) + 20
        return order(shown) == expected or not possible.issuperset(shown) or too_many

    if console.wait_lines(1, min(timeout, 10)):
        console.wait(decided, timeout)
    if order(console.lines) != expected:
        if order is as_printed:
            console.wait_exit(0.3)  # it may be about to end, and to say why
        else:
            stable(console, 0.7)  # let the cause not hang on which line came first
        raise Wrong(cause(console, expected, order), console, expected=expected, order=order)
    console.wait_exit(5 if ends else settle)
    if settle and console.is_busy():  # on a busy machine: it may be about to end
        console.wait(lambda console: not console.is_busy(), 2)
    if order(console.lines) != expected or not console.stdout.endswith("\n"):
        what = cause(console, expected, order)
    elif ends and console.status is None:
        what = "does not end by itself"
    elif console.status not in (None, 0):
        what = bad_end(console)
    else:
        return
    raise Wrong(what, console, expected=expected, order=order)


def bad_end(console):
    error = last_error(console)
    return f"raised {error}" if error else f"ends with exit status {console.status}"


def interrupted(console, besides=None, quiet=0.5):
    """Raise Wrong unless ^C ends the script, in five seconds and with nothing more on stdout, but
    for lines that begin with `besides`. ^C is typed once it has been quiet for so many seconds,
    since RQ misses one that comes right behind the end of a job."""
    before = console.stdout
    expected = before.splitlines()
    if console.status is None:
        last = console.started + (console.times or [0])[-1]
        stable(console, max(last + quiet - time.monotonic(), 0))
        if console.status not in (None, 0):
            raise Wrong(bad_end(console), console, expected=expected)
    what = "prints more on ^C" if console.stdout == before else cause(console, expected)
    if console.status is None:
        console.type("\x03")
        if console.wait_exit(5) is None:
            raise Wrong("does not end on ^C", console, expected=expected)
    more = console.stdout[len(before) :].splitlines()
    if not all(besides and line.startswith(besides) for line in more):
        raise Wrong(what, console, expected=expected)
