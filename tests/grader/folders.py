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

SCRIPTS = [task.script for task in TASKS]
LIMIT = 900  # seconds that a folder may take; one in which every script hangs takes 100
NOTHING = {"outcomes": {}, "headlines": {}, "seconds": {}}  # by script
NOTHING |= {"notes": [], "reports": "", "at_work_on": ""}
NO_SUITE = b'<testsuite tests="1" errors="1"/>'


class Folder(NamedTuple):
    """name: what it is called in all that is written. given: as on the command line. path: where
    its scripts lie, or None if it is not judged. remark: why not, or where they lie."""

    name: str
    given: str
    path: Path | None
    remark: str


def folders_of(arguments):
    """The folders of the command line. Each has its own name; where two would have the same, it is
    what was typed."""
    paths = [Path(argument).resolve() for argument in arguments]
    names = [path.name for path in dict.fromkeys(paths)]
    seen, folders = {}, []
    for given, path in zip(arguments, paths):
        name = given if path in seen or names.count(path.name) > 1 else path.name
        if name[:1] in ("=", "+", "-", "@", "\t", "\r"):  # or a spreadsheet would run it
            name = f"./{name}"
        if path in seen:
            place = None, f"given twice, see {seen[path]}"
        else:
            place = where_the_scripts_lie(path)
            seen[path] = name
        folders.append(Folder(name, given, *place))
    return folders


def where_the_scripts_lie(path):
    """(path, remark) of the scripts in a folder, or exactly one folder deeper."""
    if not path.is_dir():
        return None, "there is no such folder"
    for names in SCRIPTS[1:], SCRIPTS[:1]:  # dump.rdb last: a server may have left one anywhere
        for where in "", "*/":
            files = [file for name in names for file in path.glob(where + name)]
            folders = {file.parent for file in files if file.is_file()}
            if len(folders) > 1:
                return None, f"has scripts in {len(folders)} folders"
            if folders:
                [folder] = folders
                return folder, f"in {folder.name}" if where else ""
    return None, "has none of the scripts"


class Result(NamedTuple):
    """What was found in a folder. outcomes: of all scripts. headlines: of those that fail, are
    missing, or broke the grader. reports: with the table, what the student is to read."""

    folder: Folder
    outcomes: dict
    headlines: dict
    reports: str
    junitxml: bytes = NO_SUITE
    time: float = 0.0

    @property
    def count(self):
        return list(self.outcomes.values()).count("passed")

    @property
    def passed(self):
        return self.count > 0 and not self.headlines

    @property
    def first(self):
        """The first failure, as one would say it; before it, what is to be said of the folder."""
        parts = [self.folder.remark] if self.folder.remark else []
        if failures := [task for task in TASKS if task.script in self.headlines]:
            number, _, script = failures[0]
            parts.append(f"Task {number}, {script}: {self.headlines[script]}")
        return "; ".join(parts)

    @property
    def row(self):
        """What a spreadsheet has of it, by column."""
        end = {"passed": self.count, "first": self.first, "seconds": f"{self.time:.1f}"}
        return {"folder": self.folder.name} | self.outcomes | end

    def write_reports(self, place):
        name = self.folder.name.removeprefix("./").replace("/", "_")
        Path(place, f"{name}.txt").write_text(self.reports, errors="surrogateescape")


def judged(folders, options, show_running):
    """Judge folders, `options.jobs` at a time; yield the Result of each as soon as it is there, and
    call show_running with the list of those that are being judged, again and again."""
    waiting, running = list(folders), []
    with contextlib.ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                folder = waiting.pop(0)
                if folder.path:
                    running.append(stack.enter_context(Judging(folder, options)))
                else:
                    outcome = "not run" if "twice" in folder.remark else "missing"
                    text = f"{folder.given}: {folder.remark}\n"
                    yield Result(folder, dict.fromkeys(SCRIPTS, outcome), {}, text)
            show_running(running)
            for judging in [one for one in running if one.is_done()]:
                running.remove(judging)
                yield judging.end()
            time.sleep(0.1)


class Judging(contextlib.ExitStack):
    """A folder that is being judged, by a process of its own (judge.py), whose end ends all that it
    has begun. It writes what it has found into a folder of its own."""

    def __init__(self, folder, options):
        super().__init__()
        self.folder, self.options, self.begin = folder, options, time.monotonic()
        self.place = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="grader-")))
        (self.place / "found").write_text(json.dumps(NOTHING))
        (self.place / "junit.xml").write_bytes(NO_SUITE)
        asked = vars(options) | {"folders": [str(folder.path)], "place": str(self.place)}
        command = [*options.prefix, sys.executable, "-m", "tests.grader.judge", json.dumps(asked)]
        console = Console(command, env={"TMPDIR": str(self.place)}, cwd=OURS)
        self.console = self.enter_context(console)

    def is_done(self):
        return self.console.status is not None or time.monotonic() > self.begin + LIMIT

    def found(self):
        """What the judge has found so far."""
        return json.loads((self.place / "found").read_text())

    def end(self):
        """End it, and return its Result."""
        found = self.found()
        outcomes, headlines = found["outcomes"], found["headlines"]
        if self.console.status != 0:
            why = f"The grader itself {self.what_happened()}"
            found["notes"].append(f"{why}.")
            for script in self.options.scripts:
                unfinished = script == found["at_work_on"] and outcomes.get(script) == "passed"
                if unfinished or script not in outcomes:
                    outcomes[script], headlines[script] = "grader", why
        outcomes = dict.fromkeys(self.options.scripts, "not run") | outcomes
        again = f"python -m tests.grader {shlex.quote(self.folder.given)}"
        again += f" --port {self.options.port}" if self.options.port != 6379 else ""
        again += " --strict" if self.options.strict else ""
        table = report.table(outcomes, found["seconds"], found["notes"], again)
        reports = found["reports"] + "\n".join(table) + "\n"
        xml = (self.place / "junit.xml").read_bytes()
        self.close()
        outcomes = dict.fromkeys(SCRIPTS, "not run") | outcomes
        return Result(self.folder, outcomes, headlines, reports, xml, time.monotonic() - self.begin)

    def what_happened(self):
        """Why a judge has not ended well."""
        status = self.console.status
        if status is None:
            return f"was not done after {LIMIT} s"
        if status < 0 or status > 128:
            return f"was killed by signal {abs(status) % 128}"
        return (self.console.stderr.strip().splitlines() or [f"ended with status {status}"])[-1]
