"""What the grader shows on stdout while it works, and at its end."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from ..course import TASKS
from .report import escaped

# In the table there is room for a letter. The worst comes first.
LETTERS = {"grader": "G", "failed": "F", "missing": "M", "not run": "-", "passed": "."}
LEGEND = ".: passed, F: failed, M: missing, -: not run, G: grader (it broke, not the script)"


class Screen(Progress):
    """Of one folder, its reports, as they are found, and its table. Of several, what is done and
    what is to come on a terminal, a line for each elsewhere, and then a table of all."""

    def __init__(self, folders, scripts, again):
        width = None if sys.stdout.isatty() else 120
        output = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)
        super().__init__(console=output, transient=True, disable=not output.is_terminal)
        self.one, self.scripts, self.again = len(folders) == 1, scripts, again
        self.bar = self.add_task("", total=len(folders) * len(scripts))
        self.done, self.shown = 0, 0  # scripts; characters of the one folder's reports

    def show_running(self, results):
        if not self.disable:
            done = self.done + sum(len({one.script for one in r.findings}) for r in results)
            names = ", ".join(escaped(result.folder.name, 20) for result in results)
            self.update(self.bar, description=escape(names), completed=done)
        if self.one and results:
            self.show_more(results[0].reports())

    def show_more(self, text):
        """Print what was not yet printed of a text."""
        if more := text[self.shown :]:
            self.console.print(more, end="")
        self.shown = len(text)

    def show_done(self, result):
        self.done += len(self.scripts)
        if self.one:
            self.show_more(result.text(self.again(result.folder)))
        elif self.disable:
            name = escaped(result.folder.name)
            self.console.print(f"{name}: {result.count} passed, {result.seconds:.1f} s")

    def show_table(self, results, hint):
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
        self.console.print(f"{LEGEND}\n{passed} of {len(results)} passed{hint}")


def letter_of(result, number):
    """A task's letter: of its two scripts, the worse one's."""
    outcomes = [result.outcomes[task.script] for task in TASKS if task.number == number]
    return LETTERS[min(outcomes, key=list(LETTERS).index)]
