"""A script at work in a process of its own, and what its console shows."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

LIMIT = 200_000  # bytes kept of each stream; a script that writes ten times that is ended
MARK = "QUEUING_SYSTEM_RUN"


class Console:
    """A running script. Use it in a `with` statement, at whose end nothing that the script started is left.

    url: what REDIS_URL says. env: what else its environment has. stdout: a file descriptor, or None to read it here.
    """

    def __init__(self, script, url, *, env=None, stdout=None, cwd=None):
        self.script = Path(script)
        self.mark = uuid.uuid4().hex
        self.folder = tempfile.TemporaryDirectory(prefix="console-", ignore_cleanup_errors=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RQ_", "COV"))}
        self.environment = {"REDIS_URL": url, **(env or {})}
        self.command = [sys.executable, str(self.script.resolve())]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=cwd or self.folder.name,
            env=clean | self.environment | {MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.flooded = False
        self.changed = threading.Condition()
        self.written = {"stdout": bytearray(), "stderr": bytearray()}
        self.times = []  # of stdout's lines, in seconds from the start
        self.readers = [
            threading.Thread(target=self._read, args=(name,), daemon=True)
            for name in self.written
            if getattr(self.process, name)
        ]
        for reader in self.readers:
            reader.start()

    def _read(self, name):
        stream, total = getattr(self.process, name), 0
        while chunk := os.read(stream.fileno(), 65536):
            total += len(chunk)
            with self.changed:
                self.written[name] += chunk[: max(0, LIMIT - len(self.written[name]))]
                if name == "stdout":
                    self.times += [time.monotonic() - self.started] * chunk.count(b"\n")
                if total > 10 * LIMIT and not self.flooded:
                    self.flooded = True
                    self.signal(signal.SIGKILL)
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    @property
    def stdout(self):
        return self.written["stdout"].decode(errors="backslashreplace")

    @property
    def stderr(self):
        return self.written["stderr"].decode(errors="backslashreplace")

    @property
    def lines(self):
        """stdout's complete lines so far."""
        return self.stdout.split("\n")[:-1]

    @property
    def status(self):
        """The exit status, or None while the script runs."""
        return self.process.poll()

    def wait(self, ready, timeout=10):
        """Wait until ready(self) is true, the script has ended or the time is up; return whether it is true."""
        end = time.monotonic() + timeout
        while not ready(self):
            if self.process.poll() is not None:
                for reader in self.readers:
                    reader.join(1)  # longer only if a child has the pipe open
                return bool(ready(self))
            if (left := end - time.monotonic()) <= 0:
                return False
            with self.changed:
                self.changed.wait(min(left, 0.01))
        return True

    def wait_line(self, text, timeout=10):
        """Wait until a line of stdout is, or starts with, the text."""
        return self.wait(lambda console: any(line.startswith(text) for line in console.lines), timeout)

    def wait_exit(self, timeout=10):
        """Wait until the script has ended by itself and return its exit status, or None if the time is up."""
        self.wait(lambda console: False, timeout)
        return self.status

    def signal(self, number):
        """Send a signal to the script's main process."""
        try:
            self.process.send_signal(number)
        except ProcessLookupError:
            pass

    def processes(self):
        """The ids of the script's processes that are left: those with its mark in their environment, or its group."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.add(int(folder.name))
            except OSError:
                pass
        return sorted(found)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        while left := self.processes():  # what has left its group, or is started meanwhile
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        self.process.wait()
        for reader in self.readers:
            reader.join(1)
        for name in self.written:
            if getattr(self.process, name) and not any(reader.is_alive() for reader in self.readers):
                getattr(self.process, name).close()
        self.folder.cleanup()

    def by_hand(self):
        """The command that runs the script by hand."""
        settings = [f"{name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return " ".join([*settings, "python", shlex.quote(str(self.script))])
