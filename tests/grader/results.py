"""What the grader writes of the folders: on the screen, as CSV, and as JUnit's XML."""

import contextlib
import csv
import re
import sys
from xml.etree import ElementTree

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ..course import TASKS
from .report import escaped

# In the table there is room for a letter.
LETTERS = {"passed": ".", "failed": "F", "missing": "M", "not run": "-", "grader": "G"}
LEGEND = ".: passed, F: failed, M: missing, -: not run, G: grader (it broke, not the script)"
WORST = ["grader", "failed", "missing", "not run", "passed"]


class Screen(Progress):
    """stdout: what is done and what is to come on a terminal, a line for each folder elsewhere.

    One folder: its reports, as they are found, and its table. Several: a table of all.
    """

    def __init__(self, folders, options):
        self.one, self.shown = len(folders) == 1, 0
        self.options = options
        width = None if sys.stdout.isatty() else 120
        output = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)
        columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()
        super().__init__(
            *columns,
            TimeRemainingColumn(),
            console=output,
            transient=True,
            disable=not output.is_terminal,
        )
        self.scripts = sum(options.task in (None, task.number) for task in TASKS)
        self.bar = self.add_task("", total=len(folders) * self.scripts)
        self.done = 0

    def show_running(self, running):
        if not self.disable:
            found = sum(len(judging.found["outcomes"]) for judging in running)
            names = ", ".join(escaped(judging.folder.name, 20) for judging in running)
            self.update(self.bar, description=names, completed=self.done + found)
        if self.one and running:
            self.show_more(running[0].reports)

    def show_more(self, text):
        """Print what was not yet printed of a text."""
        if more := text[self.shown :]:
            self.print(more, end="")
        self.shown = len(text)

    def print(self, text, end="\n"):
        if self.disable:
            print(text, end=end, flush=True)
        else:
            self.console.print(text, end=end)

    def show_done(self, result):
        self.done += self.scripts
        if self.one:
            self.show_more(result.reports)
        elif self.disable:
            self.print(f"{escaped(result.folder.name)}: {result.count} passed, {result.time:.1f} s")

    def show_table(self, results):
        """A row a folder, a column a task."""
        if self.one:
            return
        numbers = sorted({task.number for task in TASKS})
        table = Table(box=None, pad_edge=False)
        for name in ["folder", *numbers, "passed", "first to mend"]:
            table.add_column(name, overflow="fold")
        for result in results:
            letters = [letter_of(result, number) for number in numbers]
            first = Text(escaped(result.first))
            table.add_row(Text(escaped(result.folder.name)), *letters, f"{result.count:>6}", first)
        self.console.print(table, soft_wrap=False)
        self.print(f"{LEGEND}\n{sum(result.passed for result in results)} of {len(results)} passed")
        if not self.options.reports:
            self.print("To see a folder's reports, judge it alone, or give --reports DIR.")


def letter_of(result, number):
    """A task's letter: of its two scripts, the worse one's."""
    outcomes = [result.outcomes[task.script] for task in TASKS if task.number == number]
    return LETTERS[min(outcomes, key=WORST.index)]


@contextlib.contextmanager
def csv_file(path):
    """A file for a spreadsheet: call what this gives for a row, as soon as a folder is done."""
    if not path:
        yield lambda result: None
        return
    with open(path, "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        scripts = [task.script for task in TASKS]
        writer = csv.writer(file)
        writer.writerow(["folder", *scripts, "passed", "first", "seconds"])
        file.flush()

        def write(result):
            outcomes = [result.outcomes[script] for script in scripts]
            end = [result.count, result.first, f"{result.time:.1f}"]
            writer.writerow([result.folder.name, *outcomes, *end])
            file.flush()

        yield write


def write_junitxml(path, results):
    """One testsuite a folder, named like it, as pytest has written it for the folder."""
    suites = ElementTree.Element("testsuites")
    for result in results:
        found = ElementTree.fromstring(result.junitxml).iter("testsuite") if result.junitxml else []
        suite = next(iter(found), ElementTree.Element("testsuite", tests="1", errors="1"))
        if "grader" in result.outcomes.values() or not result.folder.path:
            case = ElementTree.SubElement(suite, "testcase", name="folder", classname="grader")
            ElementTree.SubElement(case, "error", message=clean(result.first))
        suite.set("name", clean(result.folder.name))
        suites.append(suite)
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def clean(text):
    """Text that XML can hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
