"""Where a check runs scripts: in a copy of the folder, with a proxy in front of the server."""

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
    """What a check is given. It runs scripts and, for the report, records what was done first.

    settings: those of the process that checks the folder (judge.Settings). script: the name of the
    one to check. findings: the last Finding on each script that was checked before, by its name.
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
        # For the report: what was done first, how to do it by hand, whether these commands leave
        # something out, and what could not be determined about a script that passes.
        self.notes, self.commands, self.incomplete, self.doubts = [], [], False, []
        # For a pair: whether the script and its partner understand each other, and what is wrong
        # with the partner.
        self.is_served, self.partners_fault = False, None

    def reset(self):
        """Start over: with the data of dump.rdb, a fresh copy of the folder, and no records."""
        self.end()
        self.notes, self.incomplete, self.doubts = [], False, []
        self.is_served, self.partners_fault = False, None
        self.commands = [
            README_PORT,
            f"redis-cli flushall; redis-cli set {self.edition.key} School",
        ]
        self.settings.empty_room()
        self.proxy.reset()
        if self.server.kind == "fakeredis":  # there, a client that is gone still takes jobs
            self.server.restart()
        self.server.reset()
        self.client.set(self.edition.key, "School")
        self.proxy.listen()

    def end(self):
        """End the scripts and close the proxy, as if no server were there."""
        self.running.close()
        end_strays(self.server)
        self.consoles = []
        self.proxy.close()

    def attempt(self, check, *arguments):
        """Run a check. Raise Wrong if a script tried to stop the server, whatever else the check
        found, or if a script that passes left a process behind."""
        error = None
        try:
            check(*arguments)
        except Exception as raised:  # noqa: BLE001 (raised below, unless worse was done)
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

    # What the report says.

    def note(self, text, *commands):
        """Record what was done, and the commands that do it by hand."""
        self.notes.append([text, []])
        self.commands += commands

    def note_hidden_change(self, text, *words):
        """Record something that nobody can do by hand. The report shows it only if one of these
        words, which it put in, is in the lines expected or seen."""
        self.notes.append([text, list(words)])
        self.incomplete = True

    def story(self):
        """Return the fields of a Finding that say what was done."""
        commands = self.commands
        if not any("python " in command for command in commands) and self.script != "dump.rdb":
            commands = [*commands, f"python {self.script}"]
        return {"notes": self.notes, "commands": commands, "incomplete": self.incomplete}

    def own(self):
        """Return a list with the last console of the script being checked, if it was run."""
        return [one for one in self.consoles if one.script.name == self.script][-1:]

    # Running scripts.

    def run(self, script=None, **options):
        """Run the script being checked, or another one (a path), and return its Console."""
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
        """Like run, but its output is held back, and jobs that print have to wait, until release()
        is called."""
        self.note_hidden_change(
            "the processor's output was held back for a moment, as ^S does", "\0"
        )
        return self.run(processor, held=True)

    def stop(self, console):
        """Kill a script, and all that it started in its process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(console.process.pid, signal.SIGKILL)
        console.wait_exit()
        self.commands.append(f"pkill -f {console.script.name}")

    # What else checks use.

    def has_failed(self, script):
        """Return whether a script was checked before, and has a fault that is surely its own."""
        finding = self.findings.get(script)
        return finding and finding.status == "failed" and not finding.may_be_partners_fault

    def uses_await(self):
        tree = ast.parse(compile_or_raise(self.folder / self.script))
        return any(isinstance(node, ast.Await) for node in ast.walk(tree))

    def word(self):
        """Return a text that no solution can know in advance."""
        return "".join(self.random.choices("abcdefghijkmnpqrstuvwxyz", k=9))

    def change_before(self, names, key, condition, change):
        """Just before the next of these commands with this key, wait until condition() (for a
        second at most), then call change(). Return an Event that is set when this begins."""

        def action():
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: condition() or not self.proxy.listener, 1)
            if self.proxy.listener:  # the check has not ended meanwhile
                change()

        return self.proxy.before(names, key.encode(), action)

    # What the grader itself cannot do.

    def breakdown(self):
        """Return an error that says what the grader itself lacks, or None."""
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
    """Return the name of a job script's partner; None for any other script."""
    start, _, half = script.removesuffix(".py").rpartition("_")
    return f"{start}_{OTHER_HALF[half]}.py" if half in OTHER_HALF else None


def end_strays(server):
    """In a sandbox, kill the processes that scripts left running, and return their names."""
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
    """Copy a folder, without what nobody handed in. Return a remark if more was left out."""
    left, files = most_bytes, most_files
    target.mkdir()
    for path in files_in(source):
        with contextlib.suppress(OSError):
            left, files = left - path.stat().st_size, files - 1
            if left < 0 or files < 0:
                return "it is too large: only a part was copied to be checked"
            copy = target / path.relative_to(os.path.realpath(source))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return ""


def files_in(folder):
    """Yield the files in a folder, without what nobody handed in, and without links that lead to
    other people's files."""
    top = Path(os.path.realpath(folder))
    for root, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not is_no_submission(Path(root, name)))
        for path in [Path(root, name) for name in sorted(names)]:
            if path.is_file() and top in path.resolve().parents:
                yield path


def is_no_submission(folder):
    """Return whether nobody handed this in: it is hidden, a tool's, or a virtual environment."""
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
    """Return a hint on a syntax error, if it has a well-known cause, or None."""
    source = path.read_bytes()
    if b"require(" in source or b"console.log" in source or b"=> {" in source:
        return "This is JavaScript. Write the scripts in Python."
    try:
        source.decode()
    except UnicodeDecodeError:
        return "The file is not UTF-8: save it in that encoding."
    return None
