"""Watching a script until it shows what it should, or no longer can."""

from ..findings import Wrong, cause, last_error

# In seconds: how long a script is watched after a wrong line, since it may be about to end and say
# why; how long nothing new must come before lines are compared in any order; how long a script that
# printed the right lines and still runs is watched; how long a script may take to end by itself.
ABOUT_TO_END, QUIET, SETTLE, MUST_END = 0.3, 0.7, 0.2, 5
BETWEEN_INTERRUPTS = 2


def console_shows(
    console, expected, normalize=list, *, seconds=10, ends=False, settle=SETTLE, others=(),
    in_pair=False,
):  # fmt: skip
    """Raise Wrong unless the console shows exactly these lines within `seconds`.

    A script that printed them all and still runs is watched for `settle` more seconds. If it ends,
    its exit status must be 0. ends: it must end by itself. others: more consoles to show in the
    report. in_pair: what it shows depends on its partner, too.
    """
    expected = normalize(expected)

    def wrong(what):
        fault = Wrong(what, console, *others, expected=expected, normalize=normalize)
        fault.in_pair = in_pair
        return fault

    wait_until_shown(console, expected, normalize, seconds)
    if normalize(console.lines) != expected:
        raise wrong(cause(console, expected, normalize))
    if settle or ends:
        console.wait_exit(MUST_END if ends else settle)
    if normalize(console.lines) != expected or not console.stdout.endswith("\n"):
        raise wrong(cause(console, expected, normalize))
    if ends and console.status is None:
        raise wrong("does not end by itself")
    if console.status not in (None, 0):
        raise wrong(bad_end(console))


def wait_until_shown(console, expected, normalize, seconds):
    """Wait until the console shows these lines, or no longer can."""
    possible = set(expected)

    def decided(console):
        shown = normalize(console.lines)
        too_many = len(shown) > 2 * len(expected) + 20
        return shown == expected or not possible.issuperset(shown) or too_many

    if console.wait_lines(1, seconds):
        console.wait(decided, seconds)
    if normalize(console.lines) == expected:
        return
    if normalize is list:
        console.wait_exit(ABOUT_TO_END)
    else:
        console.wait_quiet(QUIET)  # the cause must not depend on which line came first


def bad_end(console):
    error = last_error(console.script.name, console.stderr)
    return f"raises {error}" if error else f"ends with exit status {console.status}"


def ends_on_interrupt(console, besides=None, quiet=0.1):
    """Raise Wrong unless ^C ends the script, and it prints nothing more on stdout but lines that
    begin with `besides`. Type ^C when nothing new came for `quiet` seconds and, as a person would,
    again two seconds later: RQ misses one at a bad moment, such as right after a job."""
    before = console.stdout
    expected = before.splitlines()
    if console.status is None:
        console.wait_quiet(quiet)
        if quiet and console.status not in (None, 0):
            raise Wrong(bad_end(console), console, expected=expected)
    what = "prints more on ^C" if console.stdout == before else cause(console, expected)
    for _ in range(3):
        if console.status is None:
            console.type("\x03")
            console.wait_exit(BETWEEN_INTERRUPTS)
    if console.status is None:
        raise Wrong("does not end on ^C", console, expected=expected)
    more = console.stdout[len(before) :].splitlines()
    if not all(besides and line.startswith(besides) for line in more):
        raise Wrong(what, console, expected=expected)
