"""Tests that wait a lot, so that those of a file run at the same time, in a thread each."""

import contextlib
import os
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from .console import Console
from .course import OURS


class Scenarios:
    """The scenarios of a file: functions that are added with @scenario(), and called by at_work().

    With arguments, a function is as many scenarios: `@scenario((1,), (2,))` calls it with 1 and 2.
    """

    def __init__(self):
        self.all = {}

    def __call__(self, *arguments):
        def add(function):
            for argument in arguments or [()]:
                name = "-".join([function.__name__, *map(str, argument)])
                assert name not in self.all
                self.all[name] = function, argument
            return function

        return add

    @contextlib.contextmanager
    def at_work(self, play, threads=None):
        """Call play(function, *arguments) for each; give their futures by their names."""
        with ThreadPoolExecutor(threads or len(self.all)) as pool:
            futures = {
                name: pool.submit(play, function, *arguments)
                for name, (function, arguments) in self.all.items()
            }
            try:
                yield futures
            finally:
                pool.shutdown(cancel_futures=True)


class Run(contextlib.ExitStack):
    """What a scenario has started. It is ended with it."""

    def __init__(self, url=None, **options):
        super().__init__()
        self.url, self.options = url, options
        self.consoles = []

    def __call__(self, name, url=None, **options):
        """Run one of our scripts, and return its Console."""
        console = Console(OURS / f"{name}.py", url or self.url, **self.options | options)
        self.consoles.append(self.enter_context(console))
        return console

    def stuck(self):
        return self.enter_context(Stuck())


class Stuck:
    """A pipe that is full: a script that prints waits for free(), but a job only ten seconds."""

    def __init__(self):
        reader, self.writer = os.pipe()
        self.output = os.fdopen(reader, "rb")
        os.set_blocking(self.writer, False)
        self.filled = 0
        for size in 65536, 4096, 1:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.filled += os.write(self.writer, b"." * size)
        os.set_blocking(self.writer, True)

    def free(self):
        """Let the script print, and leave what it then prints to printed()."""
        self.close_writer()
        self.output.read(self.filled)

    def printed(self):
        """The lines that were printed since free(), once all processes that could have ended."""
        return self.output.read().decode().splitlines()

    def close_writer(self):
        if self.writer is not None:
            os.close(self.writer)
        self.writer = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close_writer()
        self.output.close()


def free_port():
    """A port for a server. No other connection is given it meanwhile: those get higher ones."""
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def until(ready, timeout, what):
    """Wait until ready() is true, and return what it returns."""
    end = time.monotonic() + timeout
    while not (answer := ready()):
        assert time.monotonic() < end, f"not in {timeout:.0f} s: {what}"
        time.sleep(0.02)
    return answer
