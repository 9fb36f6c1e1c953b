"""What the grader shows on stdout while it works, and at its end."""

import sys

from rich.console import Console
from rich.table import Table

from ..course import TASKS
from .report import escaped

# In the table there is room for a letter. The worst comes first.
LETTERS = {"grader": "G", "failed": "F", "missing": "M", "not run": "-", "passed": "."}
LEGEND = ".: passed, F: failed, M: missing, -: not run, G: grader (it broke, not the script)"


class Screen:
    """Of one folder, its reports, as they are found, and its table. Of several, a line for each
    that is done, and then a table of all."""

    def __init__(self, one):
        self.one = one

    def show_found(self, result, finding):
        if self.one and (text := result.report(finding)):
            print(text, end="\n\n", flush=True)

    def show_done(self, result):
        name = escaped(result.folder.name)
        done = f"{name}: {result.count} passed, {result.seconds:.1f} s"
        print(result.summary() if self.one else done, flush=True)

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
        width = None if sys.stdout.isatty() else 120
        Console(highlight=False, markup=False, emoji=False, width=width).print(table)
        passed = sum(result.passed for result in results)
        print(f"{LEGEND}\n{passed} of {len(results)} passed{hint}")


def letter_of(result, number):
    """A task's letter: of its two scripts, the worse one's."""
    outcomes = [result.outcomes[task.script] for task in TASKS if task.number == number]
    return LETTERS[min(outcomes, key=list(LETTERS).index)]
