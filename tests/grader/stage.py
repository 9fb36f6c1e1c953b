"""Where a check runs scripts: a copy of the folder, and a server with the proxy before it."""

import ast
import contextlib
import os
import random
import shutil
import signal
from importlib.util import decode_source
from pathlib import Path

import psutil

from ..course import EDITIONS
from ..harness.console import Console
from ..harness.waiting import wait_until
from . import sandbox
from .findings import CannotJudge, GraderBroke, Wrong
from .proxy import GradingProxy

OTHER_HALF = {"creator": "processor", "processor": "creator"}
README_PORT = "export REDIS_URL=redis://127.0.0.1:6379"


class Stage:
    """What a check is given. It runs scripts, and notes what was done before, for the report.

    settings: of the process that checks a folder (judge.Settings). script: the one that is checked.
    findings: by script, the last finding on each that was checked before.
    """

    def __init__(self, settings, server, script, findings):
        self.settings, self.server, self.client = settings, server, server.client
        self.script, self.findings = script, findings
        self.edition = EDITIONS[settings.edition]
        self.folder = settings.room / "solution"  # a copy: what scripts do to it is undone
        self.partner = partner_of(script)
        self.proxy = GradingProxy(server.port, settings.port)
        self.random = random.Random()
        self.running = contextlib.ExitStack()
        self.consoles = []
        # For the report: what was done before, how to do it by hand, whether that leaves out a
        # part, and what could not be told about a script that passes.
        self.notes, self.commands, self.incomplete, self.doubts = [], [], False, []
        # Of a pair: whether the script and this project's partner understand each other, and what
        # is wrong with the partner.
        self.is_served, self.partners_fault = False, None

    def reset(self):
        """A server that holds what dump.rdb holds, a fresh copy of the folder, and nothing done."""
        self.end()
        self.notes, self.incomplete, self.doubts = [], False, []
        self.is_served, self.partners_fault = False, None
        self.commands = [
            README_PORT,
            f"redis-cli flushall; redis-cli set {self.edition.key} School",
        ]
        self.settings.empty_room()
        self.proxy.reset()
        if self.server.kind == "fakeredis":  # in which a client that is gone still takes jobs
            self.server.restart()
        self.server.reset()
        self.client.set(self.edition.key, "School")
        self.proxy.listen()

    def end(self):
        """End the scripts, and be a server that is not there."""
        self.running.close()
        end_strays(self.server)
        self.consoles = []
        self.proxy.close()

    def attempt(self, check, *arguments):
        """Run a check. It fails if a script tried to stop the server, whatever else it did, or left
        processes behind."""
        error = None
        try:
            check(*arguments)
        except Exception as raised:  # noqa: BLE001 (raised again, if nothing worse was done)
            error = raised
        if self.proxy.forbidden_command:
            raise Wrong(f"stops the server ({self.proxy.forbidden_command})", *self.own())
        if error:
            raise error
        self.proxy.check()
        own = self.own()
        self.running.close()
        if names := end_strays(self.server):
            raise Wrong(f"leaves a process behind: {', '.join(names)}", *own)

    # What is said in the report.

    def note(self, text, *commands):
        """Say what was done before, and how to do it by hand."""
        self.notes.append([text, []])
        self.commands += commands

    def alter(self, text, *words):
        """Say that something was done which nobody can do by hand. It is shown where one of these
        words, which it put in, is among the lines that differ."""
        self.notes.append([text, list(words)])
        self.incomplete = True

    def story(self):
        """What a Finding says about what was done."""
        commands = self.commands
        if not any("python " in command for command in commands) and self.script != "dump.rdb":
            commands = [*commands, f"python {self.script}"]
        return {"notes": self.notes, "commands": commands, "incomplete": self.incomplete}

    def own(self):
        """The last console of the script that is checked, if it was run: a list of it."""
        return [one for one in self.consoles if one.script.name == self.script][-1:]

    # Running scripts.

    def run(self, script=None, **options):
        """Run the script that is checked, or another (a path), and return its Console."""
        path = script or self.folder / self.script
        compile_or_raise(path)
        console = Console(
            path, self.proxy.url, cwd=path.parent, env=self.settings.environment(), only=(),
            prefix=self.settings.rights, **options,
        )  # fmt: skip
        console.commands_before = len(self.proxy.sent_by)
        self.consoles.append(self.running.enter_context(console))
        self.commands.append(f"python {path.name}")
        return console

    def run_held(self, processor=None):
        """As run; but what it prints has to wait for its release, and so do jobs that print."""
        self.alter("the processor's output was held back for a moment, as ^S does", "\0")
        return self.run(processor, held=True)

    def stop(self, console):
        """End a script, and all that it started in its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(console.process.pid, signal.SIGKILL)
        console.wait_exit()
        self.commands.append(f"pkill -f {console.script.name}")

    # What scripts are.

    def uses_await(self):
        tree = ast.parse(compile_or_raise(self.folder / self.script))
        return any(isinstance(node, ast.Await) for node in ast.walk(tree))

    def word(self):
        """A text that no solution can know beforehand."""
        return "".join(self.random.choices("abcdefghijkmnpqrstuvwxyz", k=9))

    def change_before(self, names, key, is_so, change):
        """Just before the next of these commands that has the key: wait until what the script sent
        is done, then change it. Returns an Event that is set when that begins."""

        def action():
            with contextlib.suppress(TimeoutError):
                wait_until(is_so, 1)
            change()

        return self.proxy.before(names, key.encode(), action)

    # What the grader can and cannot do.

    def breakdown(self):
        """What the grader itself lacks, as an error to raise, or None."""
        if not self.server.is_alive():
            return GraderBroke("its redis-server ended")
        unknown = self.proxy.unknown_commands
        if self.server.kind == "fakeredis":
            if unknown:
                return GraderBroke(f"fakeredis lacks a command: {min(unknown)}")
            if self.proxy.asked(b"BLMOVE"):
                return GraderBroke("fakeredis does not wait in a BLMOVE, as Redis does")
        elif "HELLO" in unknown:
            return CannotJudge("the redis-server here is too old for it: it does not know HELLO")
        return None


def partner_of(script):
    """The other script of a pair of job scripts, or None."""
    start, _, half = script.removesuffix(".py").rpartition("_")
    return f"{start}_{OTHER_HALF[half]}.py" if half in OTHER_HALF else None


def end_strays(server):
    """In a sandbox: end what scripts left running outside of their terminals; return its names."""
    if not sandbox.is_entered():
        return []
    ours = {os.getpid(), server.process.pid} if server.kind == "redis-server" else {os.getpid()}
    names = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid not in ours and process.status() != psutil.STATUS_ZOMBIE:
                names.append(process.name())
                process.kill()
    return names


def copy_solution(source, target, most_bytes=50 * 2**20, most_files=5000):
    """Copy a folder, without what no script needs. Return a remark if more is left out."""
    left, files = most_bytes, most_files
    for root, folders, names in os.walk(source):
        inside = Path(target, os.path.relpath(root, source))
        inside.mkdir(parents=True, exist_ok=True)
        folders[:] = [name for name in folders if not is_no_submission(Path(root, name))]
        for name in names:
            path = Path(root, name)
            with contextlib.suppress(OSError):
                if not path.is_file():
                    continue
                left, files = left - path.stat().st_size, files - 1
                if left < 0 or files < 0:
                    return "it is too large: only a part was copied to be checked"
                shutil.copyfile(path, inside / name)
    return ""


def is_no_submission(folder):
    """Whether nobody handed in a folder: it is hidden, of a tool, or a virtual environment."""
    tools = folder.name in ("node_modules", "__pycache__", "__MACOSX", "venv", "env")
    return folder.name.startswith(".") or tools or (folder / "pyvenv.cfg").exists()


def compile_or_raise(path):
    """Return a script's source; raise Wrong if it is not Python."""
    try:
        source = decode_source(path.read_bytes())
        compile(source, path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        what = getattr(error, "msg", None) or str(error)
        headline = f"syntax error at line {line} of {path.name}: {what}"
        raise Wrong(headline, hint=hint_on_source(path)) from None
    except (RecursionError, MemoryError):
        raise Wrong(f"{path.name} is nested too deeply for Python") from None
    except OSError as error:
        raise Wrong(f"{path.name} cannot be read: {error.strerror}") from None
    return source


def hint_on_source(path):
    """What may help against a syntax error, if its cause is well known."""
    source = path.read_bytes()
    if b"require(" in source or b"console.log" in source or b"=> {" in source:
        return "This is JavaScript. The scripts here are written in Python."
    try:
        source.decode()
    except UnicodeDecodeError:
        return "The file is not UTF-8: save it in that encoding."
    return None
