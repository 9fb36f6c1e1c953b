"""The process that judges one folder: it has pytest run the checks, and notes what they find.

pytest is given nothing but our own plugin, the class below, and arguments that no file of the
folder, no setting in the environment and no installed plugin can change.
"""

import collections
import json
import os
import resource
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis

from ..course import TASKS
from ..harness.servers import KINDS
from . import report
from .stage import Stage
from .verdict import CannotJudge, GraderBroke, Wrong

CHECKS = Path(__file__).parent / "checks"
TASK_OF = {Path(task.script).stem: task for task in TASKS}


def main(options):
    """Judge the folder that the options name."""
    # What a script may fill, so that one without end does not take the machine's memory.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = 2 * 2**30 if hard == resource.RLIM_INFINITY else min(hard, 2 * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [str(CHECKS / f"check_{Path(script).stem}.py") for script in options.scripts]
    arguments += ["-c", os.devnull, "--rootdir", str(CHECKS), "--noconftest"]
    arguments += ["-p", "no:terminal", "-p", "no:cacheprovider", "-o", "python_functions=check_*"]
    arguments += ["-o", "markers=strict", "-m", "" if options.strict else "not strict"]
    arguments += [f"--junitxml={options.place}/junit.xml"]
    status = pytest.main(arguments, plugins=[Judge(options)])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        sys.exit(status)


class Judge:
    """The plugin: it gives the checks a stage, and keeps the verdicts."""

    def __init__(self, options):
        self.options, self.path = options, Path(*options.folders)
        self.outcomes = {}  # by script: passed, failed, missing, not run or grader
        self.headlines = {}  # of those that failed, are missing, or broke the grader
        self.seconds = collections.Counter()
        self.notes, self.reports = [], ""  # notes: why something was not judged
        self.at_work_on = ""
        self.failed_tasks, self.silent = set(), set()

    def pytest_generate_tests(self, metafunc):
        if "server" in metafunc.fixturenames:
            metafunc.parametrize("server", self.options.servers, indirect=True, scope="session")

    def pytest_collection_modifyitems(self, items):
        """Task by task also where there are several servers."""
        items.sort(key=lambda item: TASKS.index(task_of(item)))

    @pytest.fixture(scope="session")
    def server(self, request):
        with KINDS[request.param]() as server:
            yield server

    @pytest.fixture
    def stage(self, request, server):
        if not server.is_alive():
            server.restart()
        script = task_of(request.node).script
        stage = Stage(self.path, server, self.options.port, script, self.outcomes, self.silent)
        stage.reset()
        yield stage
        stage.end()

    @pytest.fixture
    def folder(self):
        return self.path

    def pytest_internalerror(self, excrepr):
        print(excrepr, file=sys.stderr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        task = task_of(item)
        self.at_work_on = task.script
        self.save()
        if not (self.path / task.script).is_file():
            self.outcomes[task.script] = self.headlines[task.script] = "missing"
            pytest.skip(f"{task.script} is missing")
        if task.number in self.failed_tasks:
            pytest.skip("a check of this task has failed")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        result = yield
        task, stage = task_of(item), item.funcargs.get("stage")
        self.seconds[task.script] += result.duration
        if result.passed and call.when == "call":
            self.outcomes.setdefault(task.script, "passed")
        elif result.failed:
            error = what_was_found(call.excinfo.value, stage)
            if isinstance(error, CannotJudge):
                result.outcome, result.longrepr = "skipped", (str(item.path), 0, str(error))
                self.notes.append(f"A check of {task.script} was not made: {error}")
                self.outcomes.setdefault(task.script, "not run")
            else:
                result.longrepr = self.found(task, item, stage, error)
                self.reports += f"{result.longrepr}\n\n"
        self.save()
        return result

    def save(self):
        """For whoever has started this process: what was found so far, whole at any moment."""
        names = "outcomes", "headlines", "seconds", "notes", "reports", "at_work_on"
        file = Path(self.options.place, "found.new")
        file.write_text(json.dumps({name: getattr(self, name) for name in names}))
        file.rename(file.with_suffix(""))

    def found(self, task, item, stage, error):
        """Note a fault, of the script's or of the grader's; return its report."""
        self.failed_tasks.add(task.number)
        self.headlines[task.script] = str(error)
        if not isinstance(error, Wrong):
            self.outcomes[task.script] = "grader"
            return report.of_the_grader(task, error, self.options.verbose)
        self.outcomes[task.script] = "failed"
        if error.consoles and error.consoles[0].script.name == task.script and not error.seen:
            self.silent.add(task.script)
        if stage:
            error.before = stage.partner + stage.before
            error.by_hand = error.by_hand or stage.commands
        check = item.originalname.removeprefix("check_").replace("_", " ")
        return "\n".join(report.render(error, task, check, self.options.verbose))


def task_of(item):
    return TASK_OF[item.path.stem.removeprefix("check_")]


def what_was_found(error, stage):
    """What an error that a check has raised means."""
    if stage and isinstance(error, (Wrong, CannotJudge)) and (why := stage.breakdown()):
        return GraderBroke(why)
    if isinstance(error, redis.ResponseError) and "WRONGTYPE" in str(error):
        what = "leaves another type of value in Redis than the course has"
        return Wrong(what, *stage.consoles[:1])
    return error


if __name__ == "__main__":
    main(SimpleNamespace(**json.loads(sys.argv[1])))
