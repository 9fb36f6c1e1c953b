"""For the grader's own tests: folders with solutions, and what the grader says about them."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..course import OURS
from ..harness.console import environment

GRADER = [sys.executable, "-m", "tests.grader"]
HANGS = "import time\ntime.sleep(1000)\n"


def solution(folder, texts):
    """Make a folder with our dump.rdb and these scripts (their texts by name); return it."""
    folder.mkdir(parents=True)
    shutil.copy(OURS / "dump.rdb", folder)
    for script, text in texts.items():
        (folder / script).write_text(text)
    return folder


def grade(*arguments, **settings):
    """Run the grader with these arguments, and with these environment variables. Return its
    CompletedProcess."""
    command, env = [*GRADER, *map(str, arguments)], environment(**settings)
    how = {"capture_output": True, "errors": "replace"}
    return subprocess.run(command, cwd=OURS, env=env, check=False, **how)


def errors_of(done):
    """Return the lines on stderr, without the one that says that there is no sandbox here."""
    return [line for line in done.stderr.splitlines() if not line.startswith("Not in a sandbox")]


class Verdict:
    """What the grader found in a folder, read from its JSON file."""

    def __init__(self, data):
        self.data, self.seconds = data, data["seconds"]
        self.tasks = {task["script"]: task for task in data["tasks"]}
        self.statuses = {script: task["status"] for script, task in self.tasks.items()}
        self.failed = [script for script, status in self.statuses.items() if status == "failed"]
        # For the message of a test that fails.
        said = [task["report"] or task["headline"] or task["trace"] for task in data["tasks"]]
        self.text = "\n".join([f"{self.statuses} {data['remark']}", *filter(None, said)])


def verdicts_on(*arguments, **settings):
    """Check folders as a class, on any port; return the Verdicts on them, by name."""
    with tempfile.TemporaryDirectory() as place:
        done = grade("--port=0", "-j2", *arguments, f"--out={place}", **settings)
        assert done.returncode in (0, 1, 3) and errors_of(done) == [], done.stderr
        return verdicts_in(place)


def verdicts_in(place):
    """Return the Verdicts in a folder of results, by name."""
    found = [json.loads(path.read_text("utf-8")) for path in Path(place).glob("*.json")]
    return {data["folder"]: Verdict(data) for data in found}
