"""What the grader writes of the folders: on the screen, as CSV, and as JUnit's XML."""

import contextlib
import csv
import os
import re
import sys
from xml.etree import ElementTree

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from ..course import TASKS
from .folders import SCRIPTS
from .report import escaped

# In the table there is room for a letter. The worst comes first.
LETTERS = {"grader": "G", "failed": "F", "missing": "M", "not run": "-", "passed": "."}
LEGEND = ".: passed, F: failed, M: missing, -: not run, G: grader (it broke, not the script)"


class Screen(Progress):
    """stdout: of one folder, its reports, as they are found, and its table. Of several, what is
    done and what is to come on a terminal, a line for each elsewhere, and then a table of all."""

    def __init__(self, folders, options):
        width = None if sys.stdout.isatty() else 120
        output = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)
        super().__init__(console=output, transient=True, disable=not output.is_terminal)
        self.one, self.options = len(folders) == 1, options
        self.bar = self.add_task("", total=len(folders) * len(options.scripts))
        self.done, self.shown = 0, 0  # scripts; characters of the one folder's reports

    def show_running(self, running):
        if not self.disable:
            done = self.done + sum(len(judging.found()["outcomes"]) for judging in running)
            names = ", ".join(escaped(judging.folder.name, 20) for judging in running)
            self.update(self.bar, description=escape(names), completed=done)
        if self.one and running:
            self.show_more(running[0].found()["reports"])

    def show_more(self, text):
        """Print what was not yet printed of a text."""
        if more := text[self.shown :]:
            self.console.print(more, end="")
        self.shown = len(text)

    def show_done(self, result):
        self.done += len(self.options.scripts)
        if self.one:
            self.show_more(result.reports)
        elif self.disable:
            name = escaped(result.folder.name)
            self.console.print(f"{name}: {result.count} passed, {result.time:.1f} s")

    def show_table(self, results):
        """A row a folder, a column a task."""
        if self.one:
            return
        numbers = sorted({task.number for task in TASKS})
        table = Table(box=None, pad_edge=False)
        for name in ["folder", *numbers, "passed", "first to mend"]:
            table.add_column(name, overflow="fold")
        for result in results:
            name, first = escaped(result.folder.name), escaped(result.first)
            letters = [letter_of(result, number) for number in numbers]
            table.add_row(name, *letters, f"{result.count:>6}", first)
        self.console.print(table, soft_wrap=False)
        passed = sum(result.passed for result in results)
        self.console.print(f"{LEGEND}\n{passed} of {len(results)} passed")
        if not self.options.reports:
            self.console.print("To see a folder's reports, judge it alone, or give --reports DIR.")


def letter_of(result, number):
    """A task's letter: of its two scripts, the worse one's."""
    outcomes = [result.outcomes[task.script] for task in TASKS if task.number == number]
    return LETTERS[min(outcomes, key=list(LETTERS).index)]


@contextlib.contextmanager
def csv_file(path):
    """A file for a spreadsheet: this gives a writer, each row of which is in the file at once."""
    how = {"buffering": 1, "encoding": "utf-8", "errors": "surrogateescape", "newline": ""}
    with open(path or os.devnull, "w", **how) as file:
        writer = csv.DictWriter(file, ["folder", *SCRIPTS, "passed", "first", "seconds"])
        writer.writeheader()
        yield writer


def write_junitxml(path, results):
    """One testsuite a folder, named like it, as pytest has written it for the folder."""
    suites = ElementTree.Element("testsuites")
    for result in results:
        suite = next(ElementTree.fromstring(result.junitxml).iter("testsuite"))
        if "grader" in result.outcomes.values() or not result.folder.path:
            case = ElementTree.SubElement(suite, "testcase", name="folder", classname="grader")
            ElementTree.SubElement(case, "error", message=clean(result.first))
        suite.set("name", clean(result.folder.name))
        suites.append(suite)
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def clean(text):
    """Text that XML can hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
