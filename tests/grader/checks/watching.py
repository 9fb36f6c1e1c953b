"""Watching a script until it has shown what it should, or cannot any more."""

from ...course import as_printed
from ..verdict import Wrong, cause, last_error


def stable(console, seconds):
    """Wait until the console has shown nothing new for so long, a few seconds at most."""
    for _ in range(20):
        if not console.wait_lines(len(console.lines) + 1, seconds):
            break


def console_shows(console, expected, order=as_printed, *, seconds=10, ends=False, settle=0.2):
    """Raise Wrong unless the console shows these lines, and no other, before the time is up.

    A script that has printed them all and lives on is looked at for `settle` seconds more, or until
    it ends, which it must with `ends` true, and then with exit status 0.
    """
    expected = order(expected)
    possible = set(expected)

    def decided(console):
        shown = order(console.lines)
        too_many = len(shown) > 2 * len(expected) + 20
        return shown == expected or not possible.issuperset(shown) or too_many

    if console.wait_lines(1, seconds):
        console.wait(decided, seconds)
    if order(console.lines) != expected:
        if order is as_printed:
            console.wait_exit(0.3)  # it may be about to end, and to say why
        else:
            stable(console, 0.7)  # let the cause not hang on which line came first
        raise Wrong(cause(console, expected, order), console, expected=expected, order=order)
    if settle or ends:
        console.wait_exit(5 if ends else settle)
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
    error = last_error(console.script.name, console.stderr)
    return f"raised {error}" if error else f"ends with exit status {console.status}"


def ends_on_interrupt(console, besides=None, quiet=0.1):
    """Raise Wrong unless ^C ends the script, with nothing more on stdout but for lines that begin
    with `besides`. It is typed once it was quiet for so many seconds; and again, as a person would,
    two seconds later: RQ misses one that comes in a wrong moment, such as right behind a job."""
    before = console.stdout
    expected = before.splitlines()
    if console.status is None:
        stable(console, quiet)
        if quiet and console.status not in (None, 0):
            raise Wrong(bad_end(console), console, expected=expected)
    what = "prints more on ^C" if console.stdout == before else cause(console, expected)
    for _ in range(3):
        if console.status is None:
            console.type("\x03")
            console.wait_exit(2)
    if console.status is None:
        raise Wrong("does not end on ^C", console, expected=expected)
    more = console.stdout[len(before) :].splitlines()
    if not all(besides and line.startswith(besides) for line in more):
        raise Wrong(what, console, expected=expected)
