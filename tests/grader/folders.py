"""The folders that are judged: which they are, and each by a process of its own."""

import contextlib
import json
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from ..course import OURS, TASKS
from ..harness.console import Console
from . import report

LIMIT = 900  # seconds that a folder may take; one in which every script hangs takes 100
BAD = "failed", "missing", "grader"


class Folder(NamedTuple):
    """name: what it is called in all that is written. given: as on the command line. path: where
    its scripts lie, or None if it is not judged. remark: why not, or where they lie."""

    name: str
    given: str
    path: Path | None
    remark: str = ""


def folders_of(arguments):
    """The folders of the command line. Each has its own name; where two would have the same, it is
    what was typed."""
    paths = [Path(argument).resolve() for argument in arguments]
    names = [path.name for path in dict.fromkeys(paths)]
    seen, folders = {}, []
    for given, path in zip(arguments, paths):
        name = path.name if names.count(path.name) == 1 else given
        if name[:1] in ("=", "+", "-", "@", "\t", "\r"):  # or a spreadsheet would run it
            name = f"./{name}"
        if path in seen:
            folder = Folder(given, given, None, f"given twice, see {seen[path]}")
        else:
            seen[path] = name
            folder = Folder(name, given, *where_the_scripts_lie(path))
        folders.append(folder)
    return folders


def where_the_scripts_lie(path):
    """(path, remark) of the scripts in a folder, or exactly one folder deeper."""
    if not path.is_dir():
        return None, "there is no such folder"
    if has_scripts(path):
        return path, ""
    deeper = [inner for inner in sorted(path.iterdir()) if inner.is_dir() and has_scripts(inner)]
    if len(deeper) == 1:
        return deeper[0], f"in {deeper[0].name}"
    if deeper:
        return None, f"has scripts in {len(deeper)} folders"
    return None, "has none of the scripts"


def has_scripts(path):
    with contextlib.suppress(OSError):
        return any((path / task.script).is_file() for task in TASKS)
    return False


class Result(NamedTuple):
    """What was found in a folder. outcomes, seconds and headlines: by script."""

    folder: Folder
    outcomes: dict
    headlines: dict
    reports: str  # with the table: what the student is to read
    junitxml: bytes = b""
    time: float = 0.0

    @property
    def count(self):
        return list(self.outcomes.values()).count("passed")

    @property
    def passed(self):
        return self.count > 0 and not any(outcome in BAD for outcome in self.outcomes.values())

    @property
    def first(self):
        """The first failure, as one would say it; before it, what is to be said of the folder."""
        bad = [task for task in TASKS if self.outcomes[task.script] in BAD and self.folder.path]
        texts = [
            f"Task {task.number}, {task.script}: "
            + self.headlines.get(task.script, self.outcomes[task.script])
            for task in bad[:1]
        ]
        return "; ".join(filter(None, [self.folder.remark, *texts]))

    def write_reports(self, place):
        name = self.folder.name.removeprefix("./").replace("/", "_")
        Path(place, f"{name}.txt").write_text(self.reports, errors="surrogateescape")


def judged(folders, options, show_running):
    """Judge folders, `options.jobs` at a time; yield the Result of each as soon as it is there.

    show_running: called with the list of those that are being judged, again and again.
    """
    waiting, running = list(folders), []
    with contextlib.ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                folder = waiting.pop(0)
                if folder.path:
                    running.append(stack.enter_context(Judging(folder, options)))
                else:
                    yield not_judged(folder)
            show_running(running)
            for judging in [one for one in running if one.is_done()]:
                running.remove(judging)
                result = judging.result()
                judging.close()
                yield result
            time.sleep(0.1)


def not_judged(folder):
    outcome = "not run" if "twice" in folder.remark else "missing"
    outcomes = {task.script: outcome for task in TASKS}
    return Result(folder, outcomes, {}, f"{folder.given}: {folder.remark}\n")


class Judging(contextlib.ExitStack):
    """A folder that is being judged, by a process of its own (judge.py), whose end ends all that it
    has begun. It writes into a folder of its own: reports, outcomes, and what pytest has to say."""

    def __init__(self, folder, options):
        super().__init__()
        self.folder, self.options, self.begin = folder, options, time.monotonic()
        self.place = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="grader-")))
        given = {name: getattr(options, name) for name in ("task", "servers", "port", "strict")}
        given |= {"verbose": options.verbose, "folder": str(folder.path), "place": str(self.place)}
        command = [sys.executable, "-m", "tests.grader.judge", json.dumps(given)]
        with open(self.place / "reports", "wb") as file:
            console = Console(
                options.prefix + command,
                env={"TMPDIR": str(self.place)},
                stdout=file.fileno(),
                cwd=OURS,
            )
        self.console = self.enter_context(console)

    def is_done(self):
        return self.console.status is not None or time.monotonic() > self.begin + LIMIT

    @property
    def reports(self):
        """What has been found so far, in the student's words."""
        return (self.place / "reports").read_text(errors="surrogateescape")

    @property
    def found(self):
        """The outcomes so far, with seconds, headlines and notes."""
        try:
            return json.loads((self.place / "found").read_text())
        except FileNotFoundError:
            return {"outcomes": {}, "seconds": {}, "headlines": {}, "notes": []}

    def result(self):
        found = self.found
        headlines = found["headlines"]
        asked = [task for task in TASKS if self.options.task in (None, task.number)]
        if self.console.status != 0:
            why = f"The grader itself {self.what_happened()}"
            found["notes"].append(f"{why}.")
            for task in asked:
                if found["outcomes"].setdefault(task.script, "grader") == "grader":
                    headlines.setdefault(task.script, why)
        outcomes = {task.script: found["outcomes"].get(task.script, "not run") for task in TASKS}
        rows = [(task, outcomes[task.script], found["seconds"].get(task.script, 0.0))
                for task in TASKS]  # fmt: skip
        again = f"python -m tests.grader {shlex.quote(self.folder.given)}"
        if self.options.port != 6379:
            again += f" --port {self.options.port}"
        table = report.table(rows, found["notes"], again)
        reports = self.reports + "\n".join(table) + "\n"
        xml = self.place / "junit.xml"
        xml = xml.read_bytes() if xml.exists() else b""
        return Result(self.folder, outcomes, headlines, reports, xml, time.monotonic() - self.begin)

    def what_happened(self):
        """Why a judge has not ended well."""
        status = self.console.status
        if status is None:
            return f"was not done after {LIMIT} s"
        if status < 0 or status > 128:
            return f"was killed by signal {status % 128 if status > 0 else -status}"
        return (self.console.stderr.strip().splitlines() or [f"ended with status {status}"])[-1]
