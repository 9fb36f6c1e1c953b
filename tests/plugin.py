"""pytest's side: the options, the servers, and the grading of a folder of solutions.

The ini file loads it with -p, so that its options are known before pytest takes a folder that
follows one of them for a folder of tests.
"""

import contextlib
import os
import random
import shlex
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
import redis
from _pytest.terminal import TerminalReporter

from . import console, course, report
from .course import UNCLEAR, Missing, Wrong
from .proxy import Proxy
from .servers import KINDS, REDIS_SERVER

TASK_OF = {Path(task.script).stem: task for task in course.TASKS}


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes longer; run with -m long")
    config.addinivalue_line("markers", "strict: goes further than the course")
    options = config.option
    config.grading = options.scripts is not None
    config.folder = Path(options.scripts).resolve() if config.grading else course.OURS
    if options.task and options.task not in {task.number for task in course.TASKS}:
        raise pytest.UsageError(f"--task {options.task}: there are tasks 0 to 9")
    if not config.folder.is_dir():
        raise pytest.UsageError(f"--scripts {options.scripts}: there is no such folder")
    options.server = options.server or (
        "all" if not config.grading else "redis-server" if REDIS_SERVER else "fakeredis"
    )
    if options.server == "redis-server" and not REDIS_SERVER:
        raise pytest.UsageError("--server redis-server: there is none on this machine")
    if options.port is None:
        options.port = 6379 if config.grading else 0
    if options.port and is_taken(options.port):
        raise pytest.UsageError(
            f"port {options.port}, where most solutions look for Redis, is taken. Stop the server "
            "there (redis-cli shutdown nosave, or sudo systemctl stop redis-server), or give "
            "--port 0 if the scripts read REDIS_URL"
        )
    for number in signal.SIGTERM, signal.SIGHUP:  # a time limit: leave nothing behind
        signal.signal(number, stop)
    if config.grading:
        config.grade = Grade(config)
        config.pluginmanager.register(config.grade, "grade")
        if not options.collectonly:
            config.pluginmanager.unregister(name="terminalreporter")
            config.pluginmanager.register(Quiet(config, sys.stdout), "terminalreporter")
        if not config.args or config.args_source != config.ArgsSource.INVOCATION_DIR:
            checks = [course.HERE / f"test_{stem}.py" for stem in TASK_OF]
            config.args = [str(path) for path in checks if path.is_file()]


def stop(number, frame):
    raise KeyboardInterrupt(f"ended by {signal.Signals(number).name}")


def is_taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def task_of(item):
    return TASK_OF.get(item.path.stem.removeprefix("test_"))


def check_of(item):
    """The check's name as a sentence."""
    words = item.originalname.removeprefix("test_").replace("_", " ")
    return f"{task_of(item).script.rsplit('.', 1)[0].split('_', 1)[-1].replace('_', ' ')}: {words}"


def pytest_generate_tests(metafunc):
    if "server" in metafunc.fixturenames:
        chosen = metafunc.config.option.server
        kinds = [kind for kind in KINDS if chosen in ("all", kind)]
        missing = pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server here")
        params = [
            pytest.param(kind, marks=[missing] if kind == "redis-server" else []) for kind in kinds
        ]
        metafunc.parametrize("server", params, indirect=True, scope="session")


def pytest_collection_modifyitems(config, items):
    """In the course's order; of a folder of solutions, only what the course asks."""
    if not config.grading:
        return
    order = list(TASK_OF.values())
    kept = [
        item
        for item in items
        if (task := task_of(item))
        and config.option.task in (None, task.number)
        and (config.getini("strict") or not item.get_closest_marker("strict"))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = sorted(kept, key=lambda item: order.index(task_of(item)))


# What a check has at hand.


@pytest.fixture(scope="session")
def server(request):
    """A server of each kind in turn, that holds what dump.rdb holds."""
    with KINDS[request.param]() as server:
        server.proxy = Proxy(request.config.option.port, server.port)
        yield server
        server.proxy.close()


class Stage:
    """Where a check runs scripts, and says what it does before."""

    def __init__(self, config, server, script):
        self.config, self.server, self.proxy = config, server, server.proxy
        self.script = script  # the one that is judged
        self.client = server.client
        self.story, self.commands = [], []
        self.consoles, self.told = [], []
        self.stack = contextlib.ExitStack()
        self.random = random.Random()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.proxy.port}"

    def did(self, text, *commands):
        """Say in the report of a failure what was done before, and how to do it by hand."""
        self.story.append(text)
        self.commands += commands

    def forget(self):
        self.story, self.commands = [], []

    def word(self):
        """A text that no solution can know beforehand."""
        return "".join(self.random.choices("abcdefghijkmnpqrstuvwxyz", k=9))

    def run(self, script, **options):
        """Run a script (its name, or the path of one) and return its Console."""
        path = self.config.folder / script
        find(path)
        options.setdefault("url", self.url)
        self.consoles.append(self.stack.enter_context(console.Console(path, **options)))
        self.commands.append(f"python {path.name}")
        return self.consoles[-1]

    def end_scripts(self):
        self.stack.close()
        self.consoles = []

    def reset(self):
        """The server as dump.rdb has it, with nobody connected."""
        self.end_scripts()
        self.forget()
        self.proxy.close()
        self.proxy.reset()
        if self.server.kind == "fakeredis":  # in which a client that is gone still takes jobs
            self.server.restart()
        self.server.reset()
        self.proxy.listen()

    def with_partner(self, partner, check):
        """Call check(partner's path) with the partner script of the same folder; if it fails, with
        this project's own: so a script is not blamed for its partner's faults, nor a solution for
        a partner that only it can talk to."""
        theirs, ours = self.config.folder / partner, course.OURS / partner
        if not self.config.grading:
            return check(ours)
        if not theirs.is_file():
            self.stand_in(partner, "is missing")
            return check(ours)
        if partner in self.config.grade.silent:
            self.stand_in(partner, "prints nothing")
            return check(ours)
        try:
            return check(theirs)
        except Wrong as wrong:
            story, commands = self.story, self.commands
            consoles = self.consoles
            self.reset()
            try:
                if check(ours) != UNCLEAR:
                    return None
                wrong.either = True
            except Wrong as other:
                if self.script not in [console.script.name for console in consoles]:
                    self.stand_in(partner, "does not do its part")
                    raise
                wrong.either = not same_cause(wrong, other)
            # It fails with either: with ours, at the same thing or since ours does not understand
            # it. What it does with its own partner is what a student can see.
            self.story, self.commands = story, commands
            if wrong.either:
                wrong.consoles += tuple(c for c in consoles if c not in wrong.consoles)
            raise

    def stand_in(self, partner, why):
        """Say that our own partner was run."""
        told = f"its own {partner} was run in place of the folder's, which {why}"
        self.told = [f"{told}; a script that only its own partner understands cannot be judged so"]


def same_cause(one, other):
    return one.headline == other.headline


def find(path):
    """Raise Missing, or Wrong if the script is no Python."""
    if not path.is_file():
        raise Missing(f"{path.name} is missing from {path.parent}", pytrace=False)
    try:
        compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        what = getattr(error, "msg", None) or str(error)
        wrong = Wrong(f"syntax error at line {line} of {path.name}: {what}")
        wrong.by_hand = [f"python {path.name}"]
        raise wrong from None


@pytest.fixture
def stage(request, server):
    task = task_of(request.node)
    stage = Stage(request.config, server, task and task.script)
    if request.config.grading and not server.is_alive():
        server.restart()
    request.node.stage = stage
    stage.reset()
    yield stage
    stage.end_scripts()
    stage.proxy.close()
    console.end_orphans()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Tell the failure of a check with all that a person needs; tell the grader's own apart."""
    stage = getattr(item, "stage", None)
    try:
        return (yield)
    except Wrong as wrong:
        broken = stage and stage.config.grading and grader_broke(stage)
        if stage:
            wrong.did = stage.told + (wrong.did or stage.story)
            wrong.by_hand = wrong.by_hand or stage.commands
        if broken:
            raise Broken(broken) from None
        verbose = item.config.get_verbosity() > 0
        lines = report.render(wrong, task_of(item), check_of(item), item.config.folder, verbose)
        wrong.msg = "\n".join(lines)
        raise
    except redis.ResponseError as error:
        if stage and stage.config.grading and "WRONGTYPE" in str(error):
            wrong = Wrong("leaves another type of value in Redis than the course has", hint=None)
            wrong.consoles = tuple(stage.consoles[:1])
            wrong.did, wrong.by_hand = stage.story, stage.commands
            task, check = task_of(item), check_of(item)
            wrong.msg = "\n".join(report.render(wrong, task, check, item.config.folder))
            raise wrong from None
        raise


class Broken(Exception):
    """The grader itself does not work."""


def grader_broke(stage):
    if not stage.server.is_alive():
        return "its redis-server has ended"
    if stage.server.kind == "fakeredis":
        if stage.proxy.lacks:
            return f"fakeredis lacks a command: {min(stage.proxy.lacks)}"
        if stage.proxy.asked(b"BLMOVE"):
            return "fakeredis does not wait in a BLMOVE, as Redis does"
    return None


class Grade:
    """The verdicts on a folder."""

    def __init__(self, config):
        self.config = config
        self.outcomes = {}  # by script
        self.seconds = dict.fromkeys((task.script for task in course.TASKS), 0.0)
        self.failed = set()  # the numbers of tasks with a failed check
        self.silent = set()  # scripts that print nothing
        self.started = time.monotonic()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        task = task_of(item)
        if not (self.config.folder / task.script).is_file():
            self.outcomes[task.script] = "missing"
            pytest.skip(f"{task.script} is missing")
        if task.number in self.failed:
            pytest.skip("a check of this task has failed")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        result = yield
        task = task_of(item)
        self.seconds[task.script] += result.duration
        error = call.excinfo.value if call.excinfo else None
        if result.passed:
            if call.when == "call":
                self.outcomes.setdefault(task.script, "passed")
        elif result.failed:
            self.failed.add(task.number)
            self.outcomes[task.script] = "failed" if isinstance(error, Wrong) else "grader"
            if isinstance(error, Wrong):
                result.longrepr = error.msg
                if (
                    error.consoles
                    and not error.seen
                    and error.consoles[0].script.name == task.script
                ):
                    self.silent.add(task.script)
            else:
                result.longrepr = (
                    f"Task {task.number}, {task.script}: the grader broke, not the script: "
                    f"{type(error).__name__}: {error}"
                )
                if self.config.get_verbosity() > 0 and not isinstance(error, Broken):
                    result.longrepr += "\n" + str(call.excinfo.getrepr())
            print(f"\n{result.longrepr}", flush=True)
        elif result.skipped and isinstance(error, pytest.skip.Exception) and call.when == "call":
            self.outcomes.setdefault(task.script, f"not run: {error.msg}")
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        if self.config.option.collectonly:
            return
        rows, first, notes = [], None, []
        for task in course.TASKS:
            outcome = self.outcomes.get(task.script, "not run")
            if outcome.startswith("not run: "):
                notes.append(f"{task.script} was not judged: {outcome.removeprefix('not run: ')}")
                outcome = "not run"
            rows.append((task, outcome, self.seconds[task.script]))
            if outcome in ("failed", "missing") and not first:
                first = task
        options = "".join(
            f" {name}={shlex.quote(str(value))}"
            for name, value, default in (("--port", self.config.option.port, 6379),)
            if value != default
        )
        folder = shlex.quote(str(self.config.option.scripts))
        print()
        print("\n".join(notes + report.table(rows, folder, first, options)), flush=True)
        if any(outcome in ("missing", "failed", "grader") for _, outcome, _ in rows):
            session.exitstatus = max(int(session.exitstatus), 1)
        console.end_orphans()


class Quiet(TerminalReporter):
    """pytest's reporter, that leaves the telling to Grade."""

    def _nothing(self, *arguments, **options):
        pass

    pytest_sessionstart = pytest_report_header = pytest_collection = _nothing
    pytest_collection_finish = pytest_runtest_logstart = pytest_runtest_logfinish = _nothing
    pytest_runtest_logreport = pytest_deselected = pytest_terminal_summary = _nothing
    summary_failures = summary_errors = summary_stats = short_test_summary = _nothing
    _report_keyboardinterrupt = _nothing

    def report_collect(self, final=False):
        pass

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session, exitstatus):
        return (yield)


def pytest_unconfigure(config):
    with contextlib.suppress(Exception):
        console.end_orphans()
    os.environ.pop("PYTEST_CURRENT_TEST", None)
