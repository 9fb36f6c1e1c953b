"""What was found in a folder, and the files that are written of it: CSV, JSON, and JUnit's XML."""

import contextlib
import csv
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ..course import TASKS
from . import report
from .verdict import Finding

SCRIPTS = [task.script for task in TASKS]
BAD = {"failed": "failure", "missing": "failure", "grader": "error"}  # with JUnit's words


class Folder(NamedTuple):
    """name: what it is called in all that is written. given: as on the command line. path: where
    its scripts lie, or None if it is not judged. remark: why not, or where they lie."""

    name: str
    given: str
    path: Path | None
    remark: str


@dataclass
class Result:
    """What was found in a folder, from the events of the process that judges it. scripts: those
    that were asked for. again: the command that judges it alone."""

    folder: Folder
    scripts: list
    again: str = ""
    verbose: bool = False
    findings: list = field(default_factory=list)
    started: str = ""  # the script that was begun last
    ended: bool = False  # the process has said that it is done
    seconds: float = 0.0

    def take(self, event):
        """Take what the process tells; return the Finding, if it is one."""
        self.started = event.get("started", self.started)
        self.ended = event.get("ended", False)
        if found := event.get("found"):
            self.findings.append(Finding(**found))
            return self.findings[-1]
        return None

    def break_off(self, why, trace=""):
        """Say that the grader itself failed, in what was not yet judged, and where."""
        for script in self.scripts:
            unfinished = script == self.started or not self.of(script)
            if unfinished and self.outcome(script) not in BAD:
                self.findings.append(Finding(script, "grader", headline=why, trace=trace))
                trace = ""  # once is enough

    def of(self, script):
        return [finding for finding in self.findings if finding.script == script]

    def outcome(self, script):
        """passed, failed, missing, not run, or grader."""
        if not self.folder.path:
            return "missing"
        found = [finding.status for finding in self.of(script)]
        return [*(one for one in found if one in BAD), *found, "not run"][0]

    @property
    def outcomes(self):
        return {script: self.outcome(script) for script in SCRIPTS}

    def fault_of(self, script):
        """The first thing that is wrong with a script, or a Finding that says nothing."""
        bad = [finding for finding in self.of(script) if finding.status in BAD]
        return [*bad, Finding(script, "")][0]

    @property
    def count(self):
        return list(self.outcomes.values()).count("passed")

    @property
    def passed(self):
        return self.count > 0 and not BAD.keys() & self.outcomes.values()

    @property
    def first(self):
        """The first failure, as one would say it; before it, what is to be said of the folder."""
        faults = [(task, fault) for task in TASKS if (fault := self.fault_of(task.script)).status]
        said = [f"Task {task.number}, {task.script}: {fault.headline}" for task, fault in faults]
        return "; ".join(filter(None, [self.folder.remark, *said[:1]]))

    def seconds_of(self, script):
        return sum(finding.seconds for finding in self.of(script))

    def report(self, finding):
        return report.render(finding, self.verbose)

    def summary(self):
        """What is told at the end, behind the reports."""
        if not self.folder.path:
            return f"{self.folder.given}: {self.folder.remark}"
        return "\n".join(report.table(self))

    def text(self):
        """What the student is to read."""
        reports = filter(None, map(self.report, self.findings))
        return "\n\n".join([*reports, self.summary()]) + "\n"

    @property
    def row(self):
        """What a spreadsheet has of it, by column."""
        end = {"passed": self.count, "first": self.first, "seconds": f"{self.seconds:.1f}"}
        return {"folder": self.folder.name} | self.outcomes | end

    def as_json(self, points):
        """What another program may want to know of it. points: of each script."""
        tasks = []
        for task in [task for task in TASKS if task.script in self.scripts]:
            status, fault = self.outcomes[task.script], self.fault_of(task.script)
            told = {"headline": fault.headline, "hint": fault.hint, "report": self.report(fault)}
            most, seconds = points[task.script], round(self.seconds_of(task.script), 1)
            got = {"points": most if status == "passed" else 0, "max_points": most}
            told |= got | {"status": status, "seconds": seconds, "trace": fault.trace}
            tasks.append({"task": task.number, "title": task.title, "script": task.script} | told)
        end = {"seconds": round(self.seconds, 1), "remark": self.folder.remark, "tasks": tasks}
        return {"folder": self.folder.name, "passed": self.passed} | end

    def as_xml(self):
        """A testsuite of JUnit's, with a testcase for each check."""
        suite = ElementTree.Element("testsuite", name=clean(self.folder.name))
        for finding in self.findings or [Finding("folder", "grader", headline=self.first)]:
            name, seconds = finding.check or finding.script, f"{finding.seconds:.1f}"
            case = {"name": name, "classname": finding.script, "time": seconds}
            case = ElementTree.SubElement(suite, "testcase", case)
            if finding.status != "passed":
                what = BAD.get(finding.status, "skipped")
                fault = ElementTree.SubElement(case, what, message=clean(finding.headline))
                fault.text = clean(self.report(finding))
        return suite


@contextlib.contextmanager
def csv_file(path):
    """A file for a spreadsheet: this gives a writer, each row of which is in the file at once."""
    how = {"buffering": 1, "encoding": "utf-8", "errors": "surrogateescape", "newline": ""}
    with open(path or os.devnull, "w", **how) as file:
        writer = csv.DictWriter(file, ["folder", *SCRIPTS, "passed", "first", "seconds"])
        writer.writeheader()
        yield writer


def write_json(path, results, points):
    folders = [result.as_json(points) for result in results]
    Path(path).write_text(json.dumps({"folders": folders}, indent=1) + "\n")


def write_junitxml(path, results):
    suites = ElementTree.Element("testsuites")
    suites.extend([result.as_xml() for result in results])
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def write_report(place, result):
    name = result.folder.name.removeprefix("./").replace("/", "_")
    path = Path(place, f"{name}.txt")
    path.write_text(result.text(), encoding="utf-8", errors="surrogateescape")


def clean(text):
    """Text that XML can hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
