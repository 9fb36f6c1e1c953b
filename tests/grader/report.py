"""How the grader tells a student what is wrong: one screen, the cause first."""

import difflib
import re
import textwrap
import traceback
from itertools import zip_longest

from ..course import REFUSED, TASKS, as_printed

WIDTH, HEIGHT = 100, 40


def escaped(text, most=300):
    """Text for a report, so that nothing that a script writes can disturb a terminal."""
    text = re.sub(r"[^\x20-\x7e\xa0-\U0010ffff]", lambda found: f"\\x{ord(found[0]):02x}", text)
    if text.endswith(" "):
        text = text.rstrip(" ") + "\u2423" * (len(text) - len(text.rstrip(" ")))  # shows blanks
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def wrapped(text):
    return textwrap.wrap(text, WIDTH - 2, initial_indent="  ", subsequent_indent="  ")


def side_by_side(expected, seen, room):
    """Two consoles beside each other, the first difference marked; `room` lines at the most."""
    same = [wanted == line for wanted, line in zip(expected, seen)]
    first = [*same, False].index(False)
    widths = [max((len(escaped(line)) for line in lines), default=0) for lines in (expected, seen)]
    if too_wide := sum(widths) + 7 > WIDTH:
        room = max(room // 2 - 1, 3)
    count = max(len(expected), len(seen))
    begin = max(0, min(first - room // 2, count - room))
    end = min(count, begin + room)
    left, right = ([escaped(line) for line in lines[begin:end]] for lines in (expected, seen))
    marks = ["  > " if n == first else "    " for n in range(begin, end)]
    if too_wide:  # one below the other
        out = []
        for name, lines in ("Expected:", left), ("Seen:", right):
            out.append(f"  {name}" + ("" if lines else " (nothing)"))
            out += [f"{mark}{line[: WIDTH - 6]}" for mark, line in zip(marks, lines)]
    else:
        pairs = list(zip_longest(left, right, fillvalue="(no line)"))
        width = max(len(line) for line, _ in [("Expected", "Seen"), *pairs])
        out = [f"    {'Expected':<{width}} | Seen"]
        out += [f"{mark}{one:<{width}} | {other}" for mark, (one, other) in zip(marks, pairs)]
    if end - begin < count:
        out.append(f"    (lines {begin + 1} to {end} of {count}; all of them with -v)")
    return out


def last_lines(title, lines, most):
    """The last lines of a console, under a title."""
    lines = [f"    {escaped(line)[: WIDTH - 4]}" for line in lines[-most:]]
    return [title + ("" if lines else " (nothing)"), *lines]


def hint(wrong):
    """A line on a symptom whose cause is well known, or None."""
    if wrong.hint or not wrong.consoles:
        return wrong.hint
    console, seen = wrong.consoles[0], "\n".join(wrong.seen)
    hints = [text for pattern, text in HINTS if re.search(pattern, seen)]
    if REFUSED in console.stderr and REFUSED not in seen:
        hints.append("The line stands on stderr: print it on stdout.")
    url = console.environment.get("REDIS_URL", "")
    if re.search(r":6379\b", f"{seen}\n{console.stderr}") and ":6379" not in url:
        hints.append(f"REDIS_URL says {url}: read it, or grade without --port.")
    hints += [text for pattern, text in ERROR_HINTS if re.search(pattern, console.stderr)]
    return hints[0] if hints else None


HINTS = [
    (r"\bb'|\bb\"", "redis-py gives bytes: .decode() them, or give Redis decode_responses=True."),
    (r"Reply: True", "redis-py makes True of Redis's OK."),
    (r"created: [0-9a-f]{8}-", "RQ's own ids are random: give enqueue a job_id, e.g. of INCR."),
    (r"(?m)^\{'", "This is how Python shows a dict; the course shows an object as Node does."),
    (r"(?m)^\d\d:\d\d:\d\d ", "RQ's log goes to stdout: give the root logger a handler."),
]
ERROR_HINTS = [
    (r"UnpicklingError|'utf-8' codec.*0x80", "Queue and Worker need the same serializer: json."),
    (r"Work-horse|DeserializationError", "Both halves of a pair need the same serializer."),
]


def render(wrong, task, check, verbose=False):
    """The report of one failure: at most HEIGHT lines, unless verbose."""
    lines = [f"Task {task.number}, {task.script}: {wrong.headline}"]
    lines.append(f"  (checked: that it {check})")
    for text in wrong.before:
        lines += wrapped(f"Before that, the grader: {text}.")
    if wrong.by_hand:
        lines.append("To see it yourself, with a server of your own:")
        lines += [f"    $ {command}" for command in wrong.by_hand]
    tail = []
    for console in wrong.consoles:
        errors = [line for line in console.stderr.splitlines() if line.strip()]
        if errors:
            name = f" of {console.script.name}" if len(wrong.consoles) > 1 else ""
            title = f"stderr{name}, {'its last lines' if len(errors) > 3 else 'all of it'}:"
            tail += last_lines(title, errors, 3)
    if wrong.either:
        tail += wrapped("The two scripts of this pair understand only each other, so that the "
                        "fault may be in either.")  # fmt: skip
    if text := hint(wrong):
        tail.append(f"Hint: {text}")
    partners = wrong.consoles[1:]
    room = HEIGHT - len(lines) - len(tail) - 4 - 6 * len(partners)
    room = 10**6 if verbose else max(room, 5)
    seen = wrong.order(wrong.seen)
    if wrong.expected is not None:
        if wrong.order is not as_printed:
            lines.append(f"  (compared {wrong.order.__name__.replace('_', ' ')})")
        lines += side_by_side(wrong.expected, seen, room)
    elif wrong.consoles:
        lines += last_lines("  Its console:", wrong.seen, room)
    for console in partners:
        lines += last_lines(f"  Console of {console.script.name}:", console.lines, 4)
    if verbose and wrong.expected is not None:
        difference = difflib.unified_diff(wrong.expected, seen, "expected", "seen", lineterm="")
        lines += ["  The difference:", *(f"    {escaped(line)}" for line in difference)]
    return lines + tail


def of_the_grader(task, error, verbose=False):
    """The report of a failure that is the grader's own."""
    what = f"{type(error).__name__}: {error}"
    text = f"Task {task.number}, {task.script}: the grader broke, not the script: {what}"
    if verbose:
        text += "\n" + "".join(traceback.format_exception(error)).rstrip()
    return text


def table(outcomes, seconds, notes, again):
    """The lines at the end of a grading: notes, each script's outcome, and what to do next.

    outcomes: of the scripts that were asked for. again: the command that judges the folder.
    """
    lines = [
        f"{task.number}  {task.title:<50} {task.script:<24} {outcomes[task.script]:<8} "
        f"{seconds.get(task.script, 0):5.1f} s"
        for task in TASKS
        if task.script in outcomes
    ]
    bad = [task for task in TASKS if outcomes.get(task.script) in ("failed", "missing")]
    if bad:
        last = f"To mend first: task {bad[0].number}, {bad[0].script}. To judge it alone: "
        last += f"{again} --task {bad[0].number}"
    elif "passed" not in outcomes.values():
        last = "Nothing was judged."
    else:
        all_passed = list(outcomes.values()) == ["passed"] * len(TASKS)
        last = "All tasks passed." if all_passed else "All that was judged passed."
    return [*notes, *lines, "", last]
