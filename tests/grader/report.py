"""How the grader tells a student what is wrong: one screen, the cause first."""

import difflib
import re
import textwrap
from itertools import zip_longest

from ..course import TASKS

WIDTH, HEIGHT = 100, 40
EMPTY = "redis-cli flushall; redis-cli set Holberton School"


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


def by_hand(finding):
    """How a student can see the fault: commands that can be typed as they stand."""
    *first, last = finding.commands
    # What waits for something to come goes on in the background.
    commands = [f"{one} & sleep 1" if "python " in one else one for one in first] + [last]
    lines = ["To see it yourself, with a redis-server on port 6379 whose data you can do without:"]
    lines += [f"    $ {command}" for command in [EMPTY, *commands]]
    if finding.altered:
        lines += wrapped(
            "These commands leave out a part of what the grader did, so the fault may not show. "
            "That does not mean that the script is right."
        )
    return lines


def render(finding, verbose=False):
    """The report of what a check has found, as text: of a failure at most HEIGHT lines, unless
    verbose; of the grader's own failure, that it is that; of anything else, nothing."""
    if finding.status != "failed" and not finding.trace:
        return ""
    task = next(task for task in TASKS if task.script == finding.script)
    head = f"Task {task.number}, {finding.script}: "
    if finding.trace:
        trace = f"\n{finding.trace.rstrip()}" if verbose else ""
        return f"{head}the grader broke, not the script: {finding.headline}{trace}"
    lines = [head + finding.headline, f"  (checked: that it {finding.check})"]
    for text in finding.before:
        lines += wrapped(f"What the grader did: {text}.")
    lines += by_hand(finding)
    tail = []
    for name, _, stderr in finding.consoles:
        errors = [line for line in stderr if line.strip()]
        if errors:
            of_it = f" of {name}" if len(finding.consoles) > 1 else ""
            title = f"stderr{of_it}, {'its last lines' if len(errors) > 3 else 'all of it'}:"
            tail += last_lines(title, errors, 3)
    if finding.either:
        tail += wrapped("The two scripts of this pair understand only each other, so that the "
                        "fault may be in either.")  # fmt: skip
    if finding.hint:
        tail += textwrap.wrap(f"Hint: {escaped(finding.hint)}", WIDTH)
    partners = finding.consoles[1:]
    room = HEIGHT - len(lines) - len(tail) - 4 - 6 * len(partners)
    room = 10**6 if verbose else max(room, 5)
    if finding.expected is not None:
        if finding.order:
            lines.append(f"  (compared {finding.order})")
        lines += side_by_side(finding.expected, finding.seen, room)
    elif finding.consoles:
        lines += last_lines("  Its console:", finding.consoles[0][1], room)
    for name, shown, _ in partners:
        lines += last_lines(f"  Console of {name}:", shown, 4)
    if verbose and finding.expected is not None:
        texts = finding.expected, finding.seen, "expected", "seen"
        difference = difflib.unified_diff(*texts, lineterm="")
        lines += ["  The difference:", *(f"    {escaped(line)}" for line in difference)]
    return "\n".join(lines + tail)


def table(result):
    """The lines at the end of a grading: notes, each script's outcome, and what to do next."""
    outcomes = {script: result.outcomes[script] for script in result.scripts}
    tasks = [task for task in TASKS if task.script in outcomes]
    found = result.findings
    doubts = [
        (one.script, [one.headline] * (one.status == "not run") + one.doubts) for one in found
    ]
    lines = [
        f"A check of {script} was not made: {text}" for script, texts in doubts for text in texts
    ]
    broken = [one for one in found if one.status == "grader" and not one.trace]
    lines += sorted({f"{one.headline}." for one in broken})
    lines += [
        f"{task.number}  {task.title:<50} {task.script:<24} {outcomes[task.script]:<8} "
        f"{result.seconds_of(task.script):5.1f} s"
        for task in tasks
    ]
    bad = [task for task in tasks if outcomes[task.script] in ("failed", "missing")]
    if bad:
        last = f"To mend first: task {bad[0].number}, {bad[0].script}. To judge it alone: "
        last += f"{result.again} --task {bad[0].number}"
    elif "passed" not in outcomes.values():
        last = "Nothing was judged."
    else:
        all_passed = list(outcomes.values()) == ["passed"] * len(TASKS)
        last = "All tasks passed." if all_passed else "All that was judged passed."
    return [*lines, "", last]
