"""How the grader tells a student what is wrong: one screen, the cause first."""

import difflib
import re
import textwrap
import traceback

from ..course import REFUSED, as_printed

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
    first = next(
        (n for n, pair in enumerate(zip(expected, seen)) if pair[0] != pair[1]),
        min(len(expected), len(seen)),
    )
    widths = [max((len(escaped(line)) for line in lines), default=0) for lines in (expected, seen)]
    if too_wide := sum(widths) + 7 > WIDTH:
        room = max(room // 2 - 1, 3)
    count = max(len(expected), len(seen), 1)
    begin = max(0, min(first - room // 2, count - room)) if count > room else 0
    rows = range(begin, min(count, begin + room))
    left = [escaped(expected[n]) if n < len(expected) else "(no line)" for n in rows]
    right = [escaped(seen[n]) if n < len(seen) else "(no line)" for n in rows]
    out = []
    if not too_wide:
        width = max(*map(len, left), len("Expected"))
        out.append(f"    {'Expected':<{width}} | Seen")
        for n, one, other in zip(rows, left, right):
            out.append(f"{'  > ' if n == first else '    '}{one:<{width}} | {other}")
    else:  # one below the other
        for name, column, lines in ("Expected:", left, expected), ("Seen:", right, seen):
            keep = [n for n in rows if n < len(lines)]
            out.append(f"  {name}" + ("" if keep else " (nothing)"))
            for n, text in zip(rows, column):
                if n in keep:
                    out.append(f"{'  > ' if n == first else '    '}{text[: WIDTH - 6]}")
    if begin or begin + room < count:
        out.append(f"    (lines {begin + 1} to {rows[-1] + 1} of {count}; all of them with -v)")
    return out


def hint(wrong):
    """A line on a symptom whose cause is well known, or None."""
    if wrong.hint:
        return wrong.hint
    seen = "\n".join(wrong.seen)
    for pattern, text in HINTS:
        if re.search(pattern, seen):
            return text
    for console in wrong.consoles[:1]:
        if REFUSED in console.stderr and REFUSED not in seen:
            return "The line stands on stderr: print it on stdout."
        url = console.environment.get("REDIS_URL", "")
        if re.search(r":6379\b", f"{seen}\n{console.stderr}") and ":6379" not in url:
            return f"REDIS_URL says {url}: read it, or grade without --port."
        for pattern, text in ERROR_HINTS:
            if re.search(pattern, console.stderr):
                return text
    return None


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
    lines = [f"Task {task.number}, {task.script}: {wrong.headline}", f"  (while checked: {check})"]
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
            tail.append(f"stderr{name}, {'its last lines' if len(errors) > 3 else 'all of it'}:")
            tail += [f"    {escaped(line)[: WIDTH - 4]}" for line in errors[-3:]]
    if wrong.either:
        tail += wrapped("The two scripts of this pair understand only each other, so that the "
                        "fault may be in either.")  # fmt: skip
    if text := hint(wrong):
        tail.append(f"Hint: {text}")
    partners = wrong.consoles[1:]
    room = HEIGHT - len(lines) - len(tail) - 4 - 6 * len(partners)
    room = 10**6 if verbose else max(room, 5)
    if wrong.expected is not None:
        if wrong.order is not as_printed:
            lines.append(f"  (compared {wrong.order.__name__.replace('_', ' ')})")
        lines += side_by_side(wrong.expected, wrong.order(wrong.seen), room)
    elif wrong.consoles:
        lines.append(f"  Its console:{'' if wrong.seen else ' (nothing)'}")
        lines += [f"    {escaped(line)[: WIDTH - 4]}" for line in wrong.seen[-room:]]
    for console in partners:
        shown = console.lines
        lines.append(f"  Console of {console.script.name}:{'' if shown else ' (nothing)'}")
        lines += [f"    {escaped(line)[: WIDTH - 4]}" for line in shown[-4:]]
    if verbose and wrong.expected is not None:
        seen = wrong.order(wrong.seen)
        difference = difflib.unified_diff(wrong.expected, seen, "expected", "seen", lineterm="")
        lines += ["  The difference:", *(f"    {escaped(line)}" for line in difference)]
    return lines + tail


def of_the_grader(task, error, verbose=False):
    """The report of a failure that is the grader's own."""
    what = f"{type(error).__name__}: {error}"
    lines = [f"Task {task.number}, {task.script}: the grader broke, not the script: {what}"]
    if verbose:
        lines += [line.rstrip("\n") for line in traceback.format_exception(error)]
    return "\n".join(lines)


def table(rows, notes, again):
    """The lines at the end of a grading: notes, each script's outcome, and what to do next.

    rows: (task, outcome, seconds) of each script. again: the command that judges the folder.
    """
    first = next((task for task, outcome, _ in rows if outcome in ("failed", "missing")), None)
    lines = notes + [
        f"{task.number}  {task.title:<50} {task.script:<24} {outcome:<8} {seconds:5.1f} s"
        for task, outcome, seconds in rows
    ]
    if first:
        command = f"{again} --task {first.number}"
        lines += [
            "",
            f"To mend first: task {first.number}, {first.script}. To judge it alone: {command}",
        ]
    elif all(outcome == "passed" for _, outcome, _ in rows):
        lines += ["", "All tasks passed."]
    elif any(outcome == "passed" for _, outcome, _ in rows):
        lines += ["", "All that was judged passed."]
    else:
        lines += ["", "Nothing was judged."]
    return lines
