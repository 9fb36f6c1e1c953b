"""pytest's side of the tests: the options, the servers, the scripts, and what a run prints at its end."""

import contextlib
import socket
from pathlib import Path

import pytest

from . import course
from .console import Console
from .servers import KINDS, REDIS_SERVER, RealServer


def pytest_addoption(parser):
    group = parser.getgroup("course", "the course's scripts")
    group.addoption("--scripts", metavar="DIR", help="judge the scripts in DIR instead of this project's own")
    group.addoption("--server", choices=["all", *KINDS], default="all", help="the kind of server to run the tests on")
    group.addoption("--port", type=int, help="the servers' port; 0: any free one (for scripts that read REDIS_URL)")


def pytest_configure(config):
    config.addinivalue_line("markers", "strict: goes further than the course; not asked of a foreign solution")
    config.addinivalue_line("markers", "ours: tests this project itself, not the scripts")
    folder = Path(config.option.scripts or course.OURS).resolve()
    config.foreign = folder != course.OURS
    config.folder = folder
    config.missing = set()  # what has been said to be missing
    if not folder.is_dir():
        raise pytest.UsageError(f"--scripts {config.option.scripts}: there is no such folder")
    if config.option.port is None:
        config.option.port = 6379 if config.foreign else 0
    if config.option.port:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", config.option.port))
            except OSError:
                raise pytest.UsageError(
                    f"port {config.option.port} of 127.0.0.1, where most solutions look for Redis, is taken: "
                    "stop the server there, or give --port 0 if the scripts read REDIS_URL"
                ) from None


def pytest_collection_modifyitems(config, items):
    """Leave out what is not asked of a foreign solution: `strict` tests unless --strict, an option of pytest's own."""
    kept = [
        item
        for item in items
        if not config.foreign
        or not (item.get_closest_marker("ours") or item.get_closest_marker("strict") and not config.getini("strict"))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_generate_tests(metafunc):
    if "server" in metafunc.fixturenames:
        kinds = [kind for kind in KINDS if metafunc.config.option.server in ("all", kind)]
        missing = pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine")
        params = [pytest.param(kind, marks=[missing] if kind == "redis-server" else []) for kind in kinds]
        metafunc.parametrize("server", params, indirect=True)


@pytest.fixture
def server(request):
    """A server of each kind in turn, that holds what dump.rdb holds."""
    with KINDS[request.param](request.config.option.port) as server:
        yield server


@pytest.fixture
def real_server(request):
    """A redis-server."""
    if not REDIS_SERVER:
        pytest.skip("there is no redis-server on this machine")
    with RealServer(request.config.option.port) as server:
        yield server


class Scripts:
    """Runs scripts of the folder that is judged, until the test is over."""

    def __init__(self, config, server, stack):
        self.config, self.server, self.stack = config, server, stack
        self.consoles = []

    def __call__(self, script, **options):
        """Run a script (its name, or the path of one) and return its Console."""
        path = course.find(self.config, script)
        options.setdefault("url", self.server.url)
        self.consoles.append(self.stack.enter_context(Console(path, **options)))
        return self.consoles[-1]

    def with_partner(self, partner, check):
        """Call check(partner's path) with the partner script of the same folder; if it fails, with this project's own.

        So a script is not blamed for its partner's faults, nor a solution for a partner that only it can talk to.
        """
        theirs, ours = self.config.folder / partner, course.OURS / partner
        try:
            return check(theirs if theirs.is_file() else ours)
        except course.Missing:
            raise
        except pytest.fail.Exception as failure:
            if not self.config.foreign:
                raise
            if theirs.is_file():
                self.stack.close()
                self.server.reset()
                with contextlib.suppress(pytest.fail.Exception):
                    return check(ours)
                raise failure from None
            pytest.skip(f"needs {partner}, which is missing")


@pytest.fixture
def run(request, server):
    with contextlib.ExitStack() as stack:
        yield Scripts(request.config, server, stack)


def pytest_terminal_summary(terminalreporter):
    """A line for each task: number, title, script, passed or failed, seconds."""
    seconds, outcome = {}, {}
    for word, reports in terminalreporter.stats.items():
        for report in reports:
            file = Path(getattr(report, "nodeid", "").split("::")[0]).stem.removeprefix("test_")
            if hasattr(report, "duration"):
                seconds[file] = seconds.get(file, 0) + report.duration
            if word in ("failed", "error") or word == "passed" and file not in outcome:
                outcome[file] = "passed" if word == "passed" else "failed"
    rows = [
        (task, outcome.get(Path(task.script).stem), seconds.get(Path(task.script).stem, 0)) for task in course.TASKS
    ]
    if any(word for _, word, _ in rows):
        terminalreporter.section("tasks")
        for task, word, spent in rows:
            colour = {"passed": {"green": True}, "failed": {"red": True}}.get(word, {})
            line = f"{task.number}  {task.title:<50} {task.script:<24} {word or 'not run':<8} {spent:5.1f} s"
            terminalreporter.write_line(line, **colour)
