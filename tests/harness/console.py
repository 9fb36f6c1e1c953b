"""Running a program on a terminal of its own, and reading what its console shows."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty
import uuid
from pathlib import Path

import psutil

from .waiting import LOOK, PATIENCE, Clock

LIMIT = 200_000  # bytes kept of each stream; a script that writes ten times as much is killed
MARK = "QUEUING_SYSTEM_RUN"


def environment(url=None, only=None, **others):
    """Return this process's environment, without variables that would change what a script does.

    url: the value of REDIS_URL. only: the names of the variables to keep.
    """
    unwanted = "PYTHON", "RQ_", "COV", "PYTEST", "REDIS_URL"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    if only is not None:
        kept = {name: value for name, value in kept.items() if name in only}
    return kept | ({"REDIS_URL": url} if url else {}) | others


class Console:
    """A running program. Use it in a `with` statement: at its end, all its processes are killed.

    stdin and stdout are a terminal. It does not echo, and does not translate line ends, so what is
    read here is exactly what the program wrote. stderr is a pipe of its own.

    script: a Python file, or any command as a list of words.
    url: the value of REDIS_URL, or None to leave it unset. env: more environment variables. only:
    the names of our variables to keep (default: all that do no harm).
    prefix: words to put before the command, such as those that take rights from it.
    stdout: a file descriptor, or "pipe" for a pipe that is read here, in place of the terminal.
    screen: what a person would have: stderr goes to the terminal, too, which echoes ^C.
    held: output to the terminal blocks, as after ^S, until release() is called.
    """

    def __init__(
        self, script, url=None, *, env=None, only=None, prefix=(), stdout="terminal", cwd=None,
        screen=False, held=False,
    ):  # fmt: skip
        is_command = isinstance(script, list)
        self.script = Path(script[0] if is_command else script)
        command = script if is_command else [sys.executable, str(self.script.resolve())]
        self.mark = os.environ.get(MARK, "") + uuid.uuid4().hex
        self.folder = tempfile.TemporaryDirectory(prefix="console-", ignore_cleanup_errors=True)
        self.environment = environment(url, only, **(env or {}))
        self.screen, self.flooded = screen, False
        self.changed = threading.Event()
        self.written = {"stdout": bytearray(), "stderr": bytearray()}
        self.times = []  # of stdout's lines, in seconds from the start
        self.master, terminal = pty.openpty()
        if not screen:
            pass_unchanged(terminal)
        self.held = os.dup(terminal) if held else None
        if held:
            termios.tcflow(terminal, termios.TCOOFF)
        out = {"terminal": terminal, "pipe": subprocess.PIPE}.get(stdout, stdout)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*prefix, *command],
            cwd=cwd or self.folder.name,
            env=self.environment | {MARK: self.mark},
            stdin=terminal,
            stdout=out,
            stderr=terminal if screen else subprocess.PIPE,
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509 (it takes no lock)
        )
        os.close(terminal)
        self.readers = self._start_readers()

    def _start_readers(self):
        """Start a thread for each stream of the script; return them."""
        stdout, stderr = self.process.stdout, self.process.stderr
        streams = [("stdout", stdout.fileno() if stdout else self.master)]
        streams += [("stderr", stderr.fileno())] if stderr else []
        threads = [threading.Thread(target=self._read, args=x, daemon=True) for x in streams]
        for thread in threads:
            thread.start()
        return threads

    def _read(self, name, descriptor):
        total = 0
        with contextlib.suppress(OSError):  # EIO, when nobody has the terminal open any more
            while chunk := os.read(descriptor, 65536):
                total += len(chunk)
                if name == "stdout":
                    now = time.monotonic() - self.started
                    self.times += [now] * chunk.count(b"\n")
                self.written[name] += chunk[: max(0, LIMIT - len(self.written[name]))]
                if total > 10 * LIMIT:
                    self.flooded = True
                    self.signal(signal.SIGKILL)
                self.changed.set()

    def __repr__(self):
        return f"<{self.script.name}: status {self.status}, {self.stdout!r}, {self.stderr!r}>"

    @property
    def stdout(self):
        return self.written["stdout"].decode(errors="backslashreplace")

    @property
    def stderr(self):
        return self.written["stderr"].decode(errors="backslashreplace")

    @property
    def lines(self):
        """The complete lines on stdout so far. On a screen, which a person reads, an unfinished
        last line counts, too."""
        if not self.screen:
            return self.stdout.split("\n")[:-1]
        lines = self.stdout.replace("\r\n", "\n").split("\n")
        return lines if lines[-1] else lines[:-1]

    @property
    def status(self):
        """The exit status, or None while the script runs."""
        return self.process.poll()

    def wait(self, ready, timeout=PATIENCE):
        """Wait until ready(self), the end of the script, or a timeout. Return ready(self)."""
        clock = Clock(timeout)
        while not ready(self):
            if self.status is not None:
                for reader in self.readers:
                    reader.join(1)  # it lasts longer only if a child has the terminal open
                return bool(ready(self))
            if not clock.has_time():
                return False
            self.changed.wait(LOOK)
            self.changed.clear()
        return True

    def wait_line(self, text, timeout=PATIENCE):
        """Wait until a line of stdout is, or starts with, the text."""
        return self.wait(lambda console: any(x.startswith(text) for x in console.lines), timeout)

    def wait_lines(self, count, timeout=PATIENCE):
        """Wait until stdout has `count` lines."""
        return self.wait(lambda console: len(console.lines) >= count, timeout)

    def wait_shown(self, expected, normalize=list, timeout=PATIENCE):
        """Wait until stdout has exactly these lines, after normalize() on both sides. Return
        whether it has."""
        expected = normalize(expected)
        return self.wait(lambda console: normalize(console.lines) == expected, timeout)

    def wait_quiet(self, seconds):
        """Wait until nothing new was printed for so many seconds, but at most twenty times as
        long."""
        for _ in range(20):
            if not self.wait_lines(len(self.lines) + 1, seconds):
                break

    def wait_exit(self, timeout=PATIENCE):
        """Wait until the script has ended by itself; return its exit status, or None."""
        self.wait(lambda console: False, timeout)
        return self.status

    def release(self):
        """Let a console print that was held."""
        if self.held is not None:
            termios.tcflow(self.held, termios.TCOON)
            os.close(self.held)
        self.held = None

    def type(self, text):
        """Type text on the script's terminal; "\\x03" is ^C, for all that runs there."""
        with contextlib.suppress(OSError):
            os.write(self.master, text.encode())

    def interrupt(self, quiet=1):
        """Type ^C when nothing new was printed for so many seconds. (RQ can miss a ^C right after
        the start of a worker or the end of a job.)"""
        self.wait_quiet(quiet)
        self.type("\x03")

    def signal(self, number):
        """Send a signal to the script's main process."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def processes(self):
        """Return the ids of the script's processes: those with its mark in their environment (so
        also those of consoles that it starts), and those in its session."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.status() != psutil.STATUS_ZOMBIE and (
                    os.getsid(process.pid) == self.process.pid
                    or self.mark in process.environ().get(MARK, "")
                ):
                    found.append(process.pid)
        return found

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        while left := self.processes():  # those that left its group, or that are started meanwhile
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        self.process.wait()
        self.release()
        for reader in self.readers:
            reader.join(1)
        if not any(reader.is_alive() for reader in self.readers):
            os.close(self.master)
            for stream in self.process.stdout, self.process.stderr:
                if stream:
                    stream.close()
        self.folder.cleanup()


def pass_unchanged(terminal):
    """Make a terminal pass on all bytes as they are, without an echo."""
    settings = termios.tcgetattr(terminal)
    settings[tty.OFLAG] &= ~termios.OPOST
    settings[tty.LFLAG] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, settings)


def take_terminal():
    """In the child: make stdin its controlling terminal, and let ^C end it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell makes what it runs with `&` ignore it
