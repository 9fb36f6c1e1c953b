"""Fixtures: a server, and a way to run our scripts.

Each test has a server of its own. It runs with fakeredis, which is in requirements.txt, and again
with a real redis-server, if there is one. If a test fails, its report ends with the consoles of all
scripts that it ran.
"""

import contextlib
import importlib
import sys
import textwrap

import pytest
import rq

from .course import NORMALIZERS, OURS, QUEUES, transcript
from .harness.console import Console
from .harness.proxy import Proxy
from .harness.servers import KINDS, REDIS_SERVER
from .harness.waiting import PATIENCE

SHOWN_LINES = 30  # of each stream of a script, when a test fails


def pytest_generate_tests(metafunc):
    """Run a test that uses a server with each kind of server, unless its marks name one."""
    if "kind_of_server" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        kinds = ["fakeredis"] if "needs_redis_server" not in marks else []
        if "needs_redis_server" in marks or (REDIS_SERVER and "fakeredis_only" not in marks):
            kinds.append("redis-server")
        metafunc.parametrize("kind_of_server", kinds)


def pytest_runtest_setup(item):
    if item.get_closest_marker("needs_redis_server") and not REDIS_SERVER:
        pytest.skip("there is no redis-server or valkey-server on this machine")


@pytest.fixture
def server(kind_of_server):
    """A server that holds what dump.rdb holds; `server.client` is a redis-py client of it."""
    with KINDS[kind_of_server]() as server:
        yield server


@pytest.fixture
def proxy(server):
    """A Proxy, for run(NAME, proxy.url). Scripts must not send HELLO, with which a client asks for
    a newer protocol: Redis 5, on which the course runs, does not know it."""
    with Proxy(server.port) as proxy:
        yield proxy
    proxy.check()
    assert proxy.asked(b"HELLO") == 0, "a script sent HELLO, which Redis 5 does not know"


@pytest.fixture(params=QUEUES)
def pair(request):
    """The number of a pair of job scripts: a test that asks for it runs for "6" and for "7"."""
    return request.param


@pytest.fixture
def queues(server):
    """The rq.Queue of each pair, by the number of the pair."""
    options = {"connection": server.client, "serializer": "json"}
    return {pair: rq.Queue(name, **options) for pair, name in QUEUES.items()}


@pytest.fixture
def enqueue(queues):
    """Call enqueue("6", {"phoneNumber": ...}) to put a job on the pair's queue, as its creator
    does."""

    def enqueue(pair, job_data, **options):
        options = {"job_timeout": 40, "retry": rq.Retry(max=2)} | options
        return queues[pair].enqueue(f"{pair}_job_processor.process", job_data, **options)

    return enqueue


def shortened(lines):
    """Shorten lines for the message of a test that fails, so that none fills the screen. The hash
    of a line keeps it different from others."""
    return [line if len(line) <= 200 else f"{line[:100]}...{hash(line):x}" for line in lines]


class Script(Console):
    """A running script, with methods that wait for what it should do, or fail the test."""

    scripts = ()  # all that the test runs

    def wait(self, ready, timeout=PATIENCE):
        """As in Console, but stop waiting if another script breaks."""
        super().wait(lambda script: ready(script) or self.broken(), timeout)
        return bool(ready(self))

    def broken(self):
        """Return another script that ended with a traceback, so that this one may wait in vain."""
        others = [one for one in self.scripts if one is not self and (one.status or 0) > 0]
        return next((one for one in others if "Traceback" in one.stderr + one.stdout), None)

    def why(self):
        """Name the script whose fault it may be, for the message of a test that fails."""
        broken = self.broken()
        return f" ({broken.script.name} ended with a traceback)" if broken else ""

    def expect_line(self, text, timeout=PATIENCE):
        """Wait until a line is, or starts with, the text."""
        __tracebackhide__ = True
        if not self.wait_line(text, timeout):
            lines = textwrap.shorten(str(self.lines), 300, placeholder=" ...")
            pytest.fail(f"{self.script.name} did not print {text!r}{self.why()}: {lines}")

    def expect_lines(self, expected, order=list, timeout=PATIENCE):
        """Wait until the console shows these lines, in this order, and no others."""
        __tracebackhide__ = True
        self.wait_shown(expected, order, timeout)
        assert shortened(order(self.lines)) == shortened(order(expected)), (
            f"{self.script.name} shows other lines{self.why()}"
        )

    def expect_exit(self, *statuses, timeout=PATIENCE):
        """Wait until the script ends by itself, with status 0, or with one of these statuses."""
        __tracebackhide__ = True
        status, statuses = self.wait_exit(timeout), statuses or (0,)
        if status is None:
            pytest.fail(f"{self.script.name} did not end within {timeout} s{self.why()}")
        wanted = " or ".join(map(str, statuses))
        assert status in statuses, (
            f"{self.script.name} ended with status {status}, not {wanted}{self.why()}"
        )

    def expect_end(self, expected=None, *statuses, order=list, timeout=PATIENCE):
        """Wait until the script ends. It must have printed exactly these lines (default: those of
        its transcript), and nothing on stderr."""
        __tracebackhide__ = True
        self.expect_exit(*statuses, timeout=timeout)
        if expected is None:
            self.expect_transcript()
        else:
            self.expect_lines(expected, order)
        assert self.stderr == "", f"{self.script.name} printed something on stderr"

    def expect_transcript(self, times=1):
        """Wait until the console shows the course's transcript so many times, and nothing else."""
        __tracebackhide__ = True
        name = self.script.stem
        self.expect_lines(transcript(name) * times, NORMALIZERS.get(name, list))

    def report(self):
        """Return the script's exit status, and the end of what it printed."""
        running = "still running" if self.status is None else f"exit status {self.status}"
        text = [f"{self.script.name}: {running}"]
        for name, stream in ("stdout", self.stdout), ("stderr", self.stderr):
            lines = stream.splitlines()
            cut = f", its last {SHOWN_LINES} lines" if len(lines) > SHOWN_LINES else ""
            text += [f"  {name}{cut}:" if lines else f"  {name}: nothing"]
            text += [f"    {line}" for line in shortened(lines[-SHOWN_LINES:])]
        return "\n".join(text)


@pytest.fixture
def start():
    """Call start(...), with the arguments of Console, to run a program on a terminal of its own.
    Returns its Script. At the end of the test it is killed."""
    with contextlib.ExitStack() as running:

        def start(*arguments, **options):
            script = running.enter_context(Script(*arguments, **options))
            script.scripts = start.scripts
            start.scripts.append(script)
            return script

        start.scripts = []
        yield start


@pytest.fixture
def start_script(start):
    """Call start_script("0_redis_client", url): like `run`, but the test starts no server."""

    def start_script(name, url=None, **options):
        return start(OURS / f"{name}.py", url, **options)

    return start_script


@pytest.fixture
def run(server, start_script):
    """Call run("0_redis_client"): the script runs on a terminal of its own. Returns its Script.

    screen=True: stderr is on the terminal, too, as for a person. stdout="pipe": a pipe in place of
    the terminal. held=True: it cannot print until release() is called.
    """

    def run(name, url=None, **options):
        return start_script(name, url or server.url, **options)

    return run


@pytest.fixture
def run_both(run):
    """Call run_both("processor") to run both processors. Returns them by the number of the pair."""

    def run_both(role, url=None, **options):
        return {pair: run(f"{pair}_job_{role}", url, **options) for pair in QUEUES}

    return run_both


@pytest.fixture
def processor_module(monkeypatch, pair):
    """The pair's processor as a module. Importing it, as `rq worker` does, starts nothing."""
    name = f"{pair}_job_processor"
    monkeypatch.syspath_prepend(OURS)
    monkeypatch.delitem(sys.modules, name, raising=False)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        pytest.fail(f"RQ or redis-py lacks what {name}.py uses: {error}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """If anything fails, show the consoles of the scripts that the test ran."""
    report = yield
    if report.failed and "start" in item.funcargs:
        consoles = [script.report() for script in item.funcargs["start"].scripts]
        report.sections.append(("Consoles of the scripts", "\n".join(consoles) or "none was run"))
    return report


def pytest_terminal_summary(terminalreporter, config):
    if config.option.markexpr == "not long":
        terminalreporter.write_line("The longer tests were left out. To run them, add: -m long")
