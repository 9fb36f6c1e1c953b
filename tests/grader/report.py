"""How the grader tells what it has found: a student, in a screen for each fault, the cause first; a
teacher, in a table of the class."""

import io
import re
import sys
import textwrap
from itertools import zip_longest

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..course import TASKS

WIDTH, HEIGHT = 100, 40
# In the table there is room for a letter. The worst comes first.
LETTERS = {"grader": "G", "failed": "F", "missing": "M", "not run": "-", "passed": "."}
LEGEND = ".: passed, F: failed, M: missing, -: not run, G: grader (it broke, not the script)"


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
    table, mark = Table("", "Expected", "Seen", box=None, header_style="", pad_edge=False), ">"
    for pair in zip_longest(expected, seen):
        differ = pair[0] != pair[1]
        cells = ["(no line)" if line is None else escaped(line) for line in pair]
        table.add_row(mark if differ else "", *(Text(cell, overflow="fold") for cell in cells))
        mark = "" if differ else mark
    out = Console(file=io.StringIO(), width=WIDTH - 2)
    out.print(table)
    head, *lines = ["  " + line.rstrip() for line in out.file.getvalue().splitlines()]
    first = [*(line.startswith("  >") for line in lines), True].index(True)
    begin = max(0, min(first - room // 2, len(lines) - room))
    shown = lines[begin : begin + room]
    return [head, *shown, *(["    (a part of it; all with -v)"] if len(shown) < len(lines) else [])]


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
    lines += [f"    $ {command}" for command in commands]
    if finding.altered:
        lines += wrapped(
            "These commands leave out a part of what the grader did, so the fault may not show. "
            "That does not mean that the script is right."
        )
    return lines


def render(finding, verbose=False):
    """The report of what a check has found, as text: of a failure at most HEIGHT lines, unless
    verbose; of the grader's own failure, that it is that; of anything else, nothing."""
    if finding.status != "failed" and not (finding.trace and finding.check):
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
    return "\n".join(lines + tail)


def table(result):
    """The lines at the end of a grading: notes, each script's outcome, and what to do next."""
    outcomes = {script: result.outcomes[script] for script in result.scripts}
    tasks = [task for task in TASKS if task.script in outcomes]
    found, lines = result.findings, []
    for one in found:
        not_made = [one.headline] if one.status == "not run" else one.doubts
        lines += [f"A check of {one.script} was not made: {text}" for text in not_made]
    broken = [one for one in found if one.status == "grader" and not one.check]
    lines += sorted({f"{one.headline}." for one in broken})
    lines += [line for one in broken if result.verbose for line in one.trace.splitlines()]
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


def show_class(results, hint):
    """Print a table of folders: a row for each, a column for each task."""
    numbers = sorted({task.number for task in TASKS})
    table = Table(box=None, pad_edge=False)
    for name in ["folder", *numbers, "passed", "first to mend"]:
        table.add_column(name, overflow="fold")
    for result in results:
        name, first = escaped(result.folder.name), escaped(result.first)
        letters = [letter_of(result, number) for number in numbers]
        table.add_row(name, *letters, f"{result.count:>6}", first)
    width = None if sys.stdout.isatty() else 120
    Console(highlight=False, markup=False, emoji=False, width=width).print(table)
    passed = sum(result.passed for result in results)
    print(f"{LEGEND}\n{passed} of {len(results)} passed{hint}")


def letter_of(result, number):
    """A task's letter: of its two scripts, the worse one's."""
    outcomes = [result.outcomes[task.script] for task in TASKS if task.number == number]
    return LETTERS[min(outcomes, key=list(LETTERS).index)]
