"""How results are shown: to a student, one screen for each fault, its cause first; to a teacher, a
table of the class."""

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
LONGEST_ERROR = 400  # characters of a line of stderr
# The table has room for one letter each. The worst comes first.
LETTERS = {"grader": "G", "failed": "F", "missing": "M", "not run": "-", "passed": "."}
WORST_FIRST = "grader", "failed", "missing", "not run", "passed"
LEGEND = ".: passed, F: failed, M: missing, -: not run (look at it yourself), G: the grader broke"


def escaped(text, most=300):
    """Escape text for a report, so nothing that a script writes can disturb a terminal. Shorten it
    to `most` characters."""
    text = re.sub(r"[^\x20-\x7e\xa0-\U0010ffff]", lambda found: f"\\x{ord(found[0]):02x}", text)
    if text.endswith(" "):
        text = text.rstrip(" ") + "\u2423" * (len(text) - len(text.rstrip(" ")))  # visible blanks
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def wrapped(text, indent="  "):
    return textwrap.wrap(text, WIDTH - 2, initial_indent=indent, subsequent_indent=indent)


def side_by_side(expected, seen, room):
    """Return two consoles side by side, at most `room` lines, with the first difference marked."""
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
    return [
        head,
        *shown,
        *(["    (shown in part; -v shows all)"] if len(shown) < len(lines) else []),
    ]


def last_lines(title, lines, most):
    """Return the last lines of a console, under a title that says if there were more."""
    part = f" (its last {most} of {len(lines)} lines)" if len(lines) > most else ""
    shown = [f"    {escaped(line)[: WIDTH - 4]}" for line in lines[-most:]]
    return [f"{title}{part}:" + ("" if lines else " nothing"), *shown]


def last_errors(name, stderr, most=3):
    """Return the last lines of stderr, whole, but without the folders of the files they name."""
    lines = [re.sub(r'[^\s"]*/(\w+\.py)\b', r"\1", line) for line in stderr if line.strip()]
    if not lines:
        return []
    part = f", its last {most} lines" if len(lines) > most else ""
    shown = [
        line for error in lines[-most:] for line in wrapped(escaped(error, LONGEST_ERROR), "    ")
    ]
    return [f"  stderr of {name}{part}:", *shown]


def by_hand(finding):
    """Return how a student can see the fault: with commands that can be typed as they are."""
    *first, last = finding.commands
    # A script that may wait for something goes on in the background.
    commands = [f"{one} & sleep 1" if one.startswith("python ") else one for one in first] + [last]
    lines = [
        "To see it yourself, in your folder, with a redis-server on port 6379 whose data you",
        "can lose:",
    ]
    if any(command.endswith(" & sleep 1") for command in commands):
        commands.append("kill $(jobs -p)")
    lines += [f"    $ {command}" for command in commands]
    if finding.incomplete:
        lines += wrapped(
            "These commands leave out a part of what the grader did, so the fault may not show. "
            "That does not mean that the script is right."
        )
    return lines


def told_notes(finding, verbose):
    """Yield what the grader did first, as far as it helps to understand the fault."""
    lines = "\n".join([*(finding.expected or []), *finding.seen])
    for text, words in finding.notes:
        if verbose or not words or any(word in lines for word in words):
            yield text


def render(finding, verbose=False):
    """Return the report on what a check found. If it failed, this has at most HEIGHT lines, unless
    verbose; if the grader broke, it says so; in any other case, it is empty."""
    if finding.status != "failed" and not (finding.trace and finding.check):
        return ""
    task = next(task for task in TASKS if task.script == finding.script)
    head = f"Task {task.number}, {finding.script}: "
    if finding.trace:
        trace = f"\n{finding.trace.rstrip()}" if verbose else ""
        return f"{head}the grader broke, not the script: {finding.headline}{trace}"
    lines = [head + escaped(finding.headline), f"  (checked: that it {finding.check})"]
    for text in told_notes(finding, verbose):
        lines += wrapped(f"What the grader did: {text}.")
    lines += by_hand(finding)
    tail = [line for name, _, stderr in finding.consoles for line in last_errors(name, stderr)]
    if finding.may_be_partners_fault:
        tail += wrapped("The two scripts of this pair understand only each other, so the fault may "
                        "be in either.")  # fmt: skip
    if finding.hint:
        tail += textwrap.wrap(f"Hint: {escaped(finding.hint, 400)}", WIDTH)
    partners = finding.consoles[1:]
    room = HEIGHT - len(lines) - len(tail) - 4 - 6 * len(partners)
    room = 10**6 if verbose else max(room, 5)
    if finding.expected is not None and finding.expected == finding.seen:
        lines.append("  Its lines are as expected.")
    elif finding.expected is not None:
        if finding.compared:
            lines.append(f"  (compared {finding.compared})")
        lines += side_by_side(finding.expected, finding.seen, room)
    elif finding.consoles:
        lines += last_lines("  Its console", finding.consoles[0][1], room)
    for name, shown, _ in partners:
        lines += last_lines(f"  Console of {name}", shown, 10**6 if verbose else 4)
    return "\n".join(lines + tail)


def summary(data, again="", verbose=False):
    """Return the end of the report on a folder: notes, each script's outcome, what to do next."""
    tasks = data["tasks"]
    lines = [f"{data['folder']}: {data['remark']}"] if data["remark"] else []
    for task in tasks:
        not_made = [task["headline"]] if task["status"] == "not run" else task["doubts"]
        lines += [f"{task['script']} was not fully checked: {text}" for text in not_made if text]
    broken = [task for task in tasks if task["status"] == "grader" and not task["report"]]
    lines += sorted({f"{task['headline']}." for task in broken})
    lines += [line for task in broken if verbose for line in task["trace"].splitlines()]
    lines += [
        f"{task['number']}  {task['title']:<50} {task['script']:<24} {task['status']:<8} "
        f"{task['seconds']:5.1f} s"
        for task in tasks
    ]
    lines += [
        f"{task['script']} is {task['headline']}"
        for task in tasks
        if task["headline"].startswith("missing, but")
    ]
    return [*lines, "", what_next(data, again)]


def what_next(data, again):
    """Say which script to fix first and, if `again` is given, how to check it by itself."""
    statuses = {task["script"]: task["status"] for task in data["tasks"]}
    for wanted in "failed", "missing":
        bad = [task for task in data["tasks"] if task["status"] == wanted]
        # README does not ask for dump.rdb, so it comes last.
        bad.sort(key=lambda task: task["script"] == "dump.rdb")
        if bad:
            number, script = bad[0]["number"], bad[0]["script"]
            command = f" To check it by itself: {again} --task {number}" if again else ""
            return f"Fix this first: task {number}, {script}.{command}"
    if set(statuses.values()) == {"passed"}:
        everything = len(statuses) == len(TASKS)
        return "All tasks passed." if everything else "All that was checked passed."
    if "passed" in statuses.values():
        return "All that could be checked passed."
    return "Nothing could be checked."


def text(data):
    """Return the whole report on a folder, for the student."""
    reports = [task["report"] for task in data["tasks"] if task["report"]]
    return "\n\n".join([*reports, "\n".join(summary(data))]) + "\n"


def remark(data):
    """Return the folder's remark and its worst fault, in one line."""
    faults = [
        f"Task {task['number']}, {task['script']}: {task['headline']}"
        for task in sorted(data["tasks"], key=lambda task: WORST_FIRST.index(task["status"]))
        if task["status"] != "passed" and task["headline"] not in ("missing", data["remark"])
    ]
    return "; ".join(filter(None, [data["remark"], *faults[:1]]))


def show_class(found, hint):
    """Print a table with a row for each folder and a column for each task."""
    numbers = sorted({task.number for task in TASKS})
    table = Table(box=None, pad_edge=False)
    for name in ["folder", *numbers, "passed", "worst fault"]:
        table.add_column(name, overflow="fold")
    for data in found:
        letters = [letter_of(data, number) for number in numbers]
        count = sum(task["status"] == "passed" for task in data["tasks"])
        table.add_row(escaped(data["folder"]), *letters, f"{count:>6}", escaped(remark(data)))
    width = None if sys.stdout.isatty() else 120
    Console(highlight=False, markup=False, emoji=False, width=width).print(table)
    passed = sum(all(task["status"] == "passed" for task in data["tasks"]) for data in found)
    print(f"{LEGEND}\n{passed} of {len(found)} passed{hint}")


def letter_of(data, number):
    """Return a task's letter (of its two scripts, the worse one's), or "" if it was not chosen."""
    found = [task["status"] for task in data["tasks"] if task["number"] == number]
    return LETTERS[min(found, key=list(LETTERS).index)] if found else ""
