"""Runs the checks on a folder of scripts, by pytest, and tells what they find: the process that
judges one folder.

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
from ..harness.proxy import Proxy
from ..harness.servers import KINDS
from . import report
from .stage import Stage
from .verdict import CannotJudge, GraderBroke, Wrong

CHECKS = Path(__file__).parent / "checks"
TASK_OF = {Path(task.script).stem: task for task in TASKS}
ORDER = list(TASK_OF.values())


def main(options):
    """Judge the folder that the options name: prints reports, and notes the outcomes."""
    # What a script may fill, so that one without end does not take the machine's memory.
    resource.setrlimit(resource.RLIMIT_DATA, (2 * 2**30,) * 2)
    sys.stdout.reconfigure(errors="surrogateescape")  # a folder may have any name
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [str(CHECKS), "-c", os.devnull, "--rootdir", str(CHECKS), "--noconftest"]
    arguments += ["-p", "no:terminal", "-p", "no:cacheprovider"]
    arguments += ["-o", "python_files=check_*.py", "-o", "python_functions=check_*"]
    arguments += [f"--junitxml={options.place}/junit.xml"]
    status = pytest.main(arguments, plugins=[Judge(options)])
    if status not in (0, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit(status)


class Judge:
    """The plugin: it gives the checks a stage, and keeps the verdicts."""

    def __init__(self, options):
        self.options, self.path = options, Path(options.folder)
        self.outcomes = {}  # by script: passed, failed, missing, not run or grader
        self.headlines, self.seconds = {}, collections.Counter()
        self.failed_tasks, self.failed, self.silent = set(), set(), set()
        self.notes = []  # why something was not judged

    # What the checks are given.

    def pytest_configure(self, config):
        config.addinivalue_line("markers", "strict: goes further than the course")

    def pytest_generate_tests(self, metafunc):
        if "server" in metafunc.fixturenames:
            metafunc.parametrize("server", self.options.servers, indirect=True, scope="session")

    def pytest_collection_modifyitems(self, items):
        """In the course's order, and only what is asked for."""
        kept = [
            item
            for item in items
            if self.options.task in (None, task_of(item).number)
            and (self.options.strict or not item.get_closest_marker("strict"))
        ]
        items[:] = sorted(kept, key=lambda item: ORDER.index(task_of(item)))

    @pytest.fixture(scope="session")
    def server(self, request):
        with KINDS[request.param]() as server:
            yield server

    @pytest.fixture(scope="session")
    def proxy(self, server):
        proxy = Proxy(self.options.port, server.port)
        yield proxy
        proxy.close()

    @pytest.fixture
    def stage(self, request, server, proxy):
        script = task_of(request.node).script
        if not server.is_alive():
            server.restart()
        stage = Stage(self.path, server, proxy, script, self.failed, self.silent)
        request.node.stage = stage
        stage.reset()
        yield stage
        stage.end_scripts()
        proxy.close()

    @pytest.fixture
    def folder(self):
        return self.path

    # What becomes of a check.

    def pytest_internalerror(self, excrepr):
        print(excrepr, file=sys.stderr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        task = task_of(item)
        if not (self.path / task.script).is_file():
            self.outcomes[task.script] = "missing"
            pytest.skip(f"{task.script} is missing")
        if task.number in self.failed_tasks:
            pytest.skip("a check of this task has failed")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        result = yield
        task, stage = task_of(item), getattr(item, "stage", None)
        self.seconds[task.script] += result.duration
        if result.passed and call.when == "call":
            self.outcomes.setdefault(task.script, "passed")
        elif result.failed:
            error = what_was_found(call.excinfo.value, stage)
            if isinstance(error, CannotJudge):
                result.outcome, result.longrepr = "skipped", (str(item.path), 0, str(error))
                self.not_judged(task, str(error))
            else:
                result.longrepr = self.found(task, item, stage, error)
                print(f"{result.longrepr}\n", flush=True)
        self.save()
        return result

    def save(self):
        """For whoever has started this process: what was found so far, whole at any moment."""
        found = {"outcomes": self.outcomes, "headlines": self.headlines, "notes": self.notes}
        file = Path(self.options.place, "found.new")
        file.write_text(json.dumps(found | {"seconds": self.seconds}))
        file.rename(file.with_suffix(""))

    def not_judged(self, task, reason):
        self.notes.append(f"{task.script} was not judged: {reason}")
        self.outcomes.setdefault(task.script, "not run")

    def found(self, task, item, stage, error):
        """Note a fault, of the script's or of the grader's; return its report."""
        self.failed_tasks.add(task.number)
        self.headlines[task.script] = getattr(error, "headline", str(error))
        if not isinstance(error, Wrong):
            self.outcomes[task.script] = "grader"
            return report.of_the_grader(task, error, self.options.verbose)
        self.outcomes[task.script] = "failed"
        self.failed.add(task.script)
        own = error.consoles and error.consoles[0].script.name == task.script
        if own and not error.seen:
            self.silent.add(task.script)
        if stage:
            error.before = stage.partner + (error.before or stage.before)
            error.by_hand = error.by_hand or stage.commands
        sentence = item.originalname.removeprefix("check_").replace("_", " ")
        check = f"{task.script.rsplit('.', 1)[0].split('_', 1)[-1].replace('_', ' ')}: {sentence}"
        return "\n".join(report.render(error, task, check, self.options.verbose))


def task_of(item):
    return TASK_OF[item.path.stem.removeprefix("check_")]


def what_was_found(error, stage):
    """What an error that a check has raised means."""
    if stage and isinstance(error, (Wrong, CannotJudge)) and (why := stage.breakdown()):
        return GraderBroke(why)
    if isinstance(error, redis.ResponseError) and "WRONGTYPE" in str(error):
        return Wrong(
            "leaves another type of value in Redis than the course has", *stage.consoles[:1]
        )
    return error


if __name__ == "__main__":
    main(SimpleNamespace(**json.loads(sys.argv[1])))
