"""What the tests are given: a server, and a way to run our scripts.

Each test has a server of its own: fakeredis's, which is part of requirements.txt, and once more a
real redis-server, where there is one.
"""

import contextlib
import os

import pytest

from .course import OURS
from .harness.console import Console
from .harness.servers import KINDS, REDIS_SERVER


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes longer; run with -m long")
    config.addinivalue_line("markers", "real: needs a real redis-server")
    config.addinivalue_line("markers", "one_server: the kind of server does not matter")


def pytest_generate_tests(metafunc):
    if "server" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        kinds = ["fakeredis"] if "real" not in marks else []
        if "real" in marks or (REDIS_SERVER and "one_server" not in marks):
            kinds.append("redis-server")
        metafunc.parametrize("server", kinds, indirect=True)


@pytest.fixture
def server(request):
    """A server that holds what dump.rdb holds; `server.client` is a redis-py client of it."""
    if request.param == "redis-server" and not REDIS_SERVER:
        pytest.skip("there is no redis-server on this machine")
    with KINDS[request.param]() as server:
        yield server


@pytest.fixture
def run(server):
    """Call run("0_redis_client"): the script runs on a terminal of its own. Returns its Console.

    screen=True: its stderr is on the terminal, too, as a person has it. stdout="pipe": a pipe.
    """
    with contextlib.ExitStack() as consoles:

        def run(name, url=None, **options):
            script = OURS / f"{name}.py"
            return consoles.enter_context(Console(script, url or server.url, **options))

        yield run


class FullPipe:
    """A pipe that is full: a script that prints to `writer` waits until empty() is called."""

    def __init__(self):
        reader, self.writer = os.pipe()
        self.reader = os.fdopen(reader, "rb")
        os.set_blocking(self.writer, False)
        self.filled = 0
        for size in 65536, 4096, 1:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.filled += os.write(self.writer, b"." * size)
        os.set_blocking(self.writer, True)

    def empty(self):
        """Let the script print."""
        self.close_writer()
        self.reader.read(self.filled)

    def printed(self):
        """The lines that were printed since empty(), once all that could print have ended."""
        return self.reader.read().decode().splitlines()

    def close_writer(self):
        if self.writer is not None:
            os.close(self.writer)
        self.writer = None


@pytest.fixture
def full_pipe():
    """Call it for a FullPipe: run("6_job_processor", stdout=pipe.writer) cannot print."""
    with contextlib.ExitStack() as pipes:

        def full_pipe():
            pipe = FullPipe()
            pipes.callback(pipe.reader.close)
            pipes.callback(pipe.close_writer)
            return pipe

        yield full_pipe
