"""What was found in a folder, and the folder of results: for each folder that was checked, NAME.txt
for the student and NAME.json with everything found; and class.csv, made from all JSON files."""

import contextlib
import csv
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from ..course import TASKS
from . import report
from .findings import Finding
from .folders import SCRIPTS, Folder, digest_of, file_name

NUMBERS = sorted({task.number for task in TASKS})


@dataclass
class Result:
    """What was found in a folder, collected from the events of the process that checks it.
    scripts: those to check."""

    folder: Folder
    scripts: list
    verbose: bool = False
    findings: list = field(default_factory=list)
    started: str = ""  # the last script that was begun
    ended: bool = False  # whether the process said that it is done
    remark: str = ""
    seconds: float = 0.0

    def take(self, event):
        """Add an event."""
        self.started = event.get("started", self.started)
        self.ended = event.get("ended", False)
        self.remark = event.get("remark", self.remark)
        if found := event.get("found"):
            self.findings.append(Finding(**found))

    def break_off(self, why, trace=""):
        """Record that the grader itself failed, for each script that it had not finished."""
        for script in self.scripts:
            found = [finding.status for finding in self.of(script)]
            unfinished = script == self.started or not found
            if unfinished and not {"failed", "missing"} & set(found):
                self.findings.append(Finding(script, "grader", headline=why, trace=trace))
                trace = ""  # once is enough

    def of(self, script):
        return [finding for finding in self.findings if finding.script == script]

    def status(self, script):
        """Return passed, failed, missing, not run (a person must look), or grader (it broke)."""
        found = [finding.status for finding in self.of(script)] or [self.folder.status]
        return min(found, key=report.WORST_FIRST.index)

    def task(self, task, points):
        """Return what was found for a task's script, as data for JSON."""
        found, status = self.of(task.script), self.status(task.script)
        fault = next((one for one in found if one.status == status != "passed"), Finding("", ""))
        checks = [
            {"check": one.check, "status": one.status, "seconds": round(one.seconds, 1)}
            for one in found
            if one.check
        ]
        return task._asdict() | {
            "status": status,
            "points": {"passed": points, "not run": None, "grader": None}.get(status, 0),
            "max_points": points,
            "headline": fault.headline or ("" if found else self.folder.remark),
            "hint": fault.hint,
            "report": report.render(fault, self.verbose),
            "trace": fault.trace,
            "doubts": [text for one in found for text in one.doubts],
            "seconds": round(sum(one.seconds for one in found), 1),
            "checks": checks,
        }

    def data(self, points, known=None):
        """Return everything found, as data for JSON, and what `known`, an earlier result, has for
        other scripts."""
        remark = "; ".join(filter(None, [self.folder.remark, self.remark]))
        earlier = {task["script"]: task for task in (known or {}).get("tasks", [])}
        new = {
            task.script: self.task(task, points[task.script])
            for task in TASKS
            if task.script in self.scripts
        }
        tasks = earlier | new
        return {
            "folder": self.folder.name,
            "remark": remark,
            "seconds": round(self.seconds, 1),
            "digest": digest_of(self.folder),
            "tasks": [tasks[script] for script in SCRIPTS if script in tasks],
        }


def joined(parts):
    """Return the Result of a folder from those of parts of its scripts."""
    return Result(
        parts[0].folder,
        [script for part in parts for script in part.scripts],
        parts[0].verbose,
        [finding for part in parts for finding in part.findings],
        remark=parts[0].remark,
        seconds=max(part.seconds for part in parts),
    )


class Results:
    """The folder of results. Each file is replaced as a whole or not at all, whatever happens."""

    def __init__(self, place):
        self.place = Path(place)
        self.place.mkdir(parents=True, exist_ok=True)

    def path(self, name, suffix):
        return self.place / f"{file_name(name)}{suffix}"

    def read(self, name):
        """Return a folder's earlier result, or None."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self.path(name, ".json").read_text("utf-8"))
        return None

    def is_known(self, folder, scripts):
        """Return whether these scripts were checked before, and no file has changed since."""
        known = self.read(folder.name) or {"tasks": [], "digest": ""}
        done = {task["script"] for task in known["tasks"] if task["status"] != "grader"}
        return done >= set(scripts) and known["digest"] == digest_of(folder)

    def write(self, data):
        self.replace(self.path(data["folder"], ".json"), json.dumps(data, indent=1) + "\n")
        self.replace(self.path(data["folder"], ".txt"), report.text(data))
        self.write_table()

    def write_table(self):
        rows = io.StringIO(newline="")
        writer = csv.writer(rows)
        writer.writerow(["folder", *(f"task {number}" for number in NUMBERS), "total", "remark"])
        found = [json.loads(path.read_text("utf-8")) for path in self.place.glob("*.json")]
        for data in sorted(found, key=lambda data: data["folder"]):
            writer.writerow(row(data))
        self.replace(self.place / "class.csv", rows.getvalue())

    def replace(self, path, text):
        new = path.with_name(f".{path.name[:200]}.new")
        try:
            new.write_text(text, encoding="utf-8", errors="surrogateescape")
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)  # it is there if the disk is full, say


def row(data):
    """Return a folder's row in the table: the points for each task, their total, and a remark."""
    tasks = data["tasks"]
    points = [points_of([one for one in tasks if one["number"] == n]) for n in NUMBERS]
    total = sum(task["points"] or 0 for task in tasks)
    return [data["folder"], *points, total, report.remark(data)]


def points_of(tasks):
    """Return the points for a task (task 5 has two scripts), or "not run" if a person must look."""
    if not tasks:
        return ""
    if any(task["points"] is None for task in tasks):
        return "not run"
    return sum(task["points"] for task in tasks)


def is_all(results_data, *statuses):
    """Return whether all scripts in these results have one of the statuses."""
    return all(task["status"] in statuses for data in results_data for task in data["tasks"])
