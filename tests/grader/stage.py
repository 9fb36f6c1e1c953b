"""Where a check runs scripts: a server with the proxy before it, and the folder's scripts."""

import ast
import contextlib
import functools
import os
import random
import shlex
import signal
import tempfile

from ..course import EDITIONS, OURS
from ..harness.console import Console
from ..harness.waiting import wait_until
from .proxy import JudgingProxy
from .verdict import CannotJudge, Wrong

OTHER_HALF = {"creator": "processor", "processor": "creator"}


class Stage:
    """What a check is given. It runs scripts, and notes what was done before, for the report.

    options: those of the process that judges (judge.py). script: the one that is judged. outcomes:
    of the scripts that were judged before.
    """

    def __init__(self, options, server, script, outcomes):
        self.folder, self.started_in, self.script = options.folder, options.started_in, script
        self.edition, self.outcomes = EDITIONS[options.edition], outcomes
        start, _, half = script.removesuffix(".py").rpartition("_")
        self.partner = f"{start}_{OTHER_HALF.get(half)}.py"
        self.server, self.client = server, server.client
        self.proxy = JudgingProxy(server.port, options.port)
        self.about_partner, self.consoles = [], []
        self.running = contextlib.ExitStack()
        self.random = random.Random()

    def note(self, text, *commands):
        """Say in the report of a failure what was done before, and how to do it by hand."""
        self.before.append(text)
        self.commands += commands

    def alter(self, text):
        """Say that something was done which nobody can do by hand."""
        self.note(text)
        self.altered = True

    def told(self):
        """What a Finding says of what was done."""
        commands, before = self.commands, self.about_partner + self.before
        if len(commands) == 1:
            commands = [*commands, f"python {self.typed(self.folder / self.script)}"]
        return {"before": before, "commands": commands, "altered": self.altered}

    def change_before(self, name, key, is_so, change):
        """Just before the next command `name` of this key: wait until what the script has sent is
        done, then change it. Returns an Event that is set when that begins."""

        def action():
            with contextlib.suppress(TimeoutError):
                wait_until(is_so, 1)
            change()

        return self.proxy.before(name, key.encode(), action)

    def word(self):
        """A text that no solution can know beforehand."""
        return "".join(self.random.choices("abcdefghijkmnpqrstuvwxyz", k=9))

    def run(self, script=None, **options):
        """Run the script that is judged, or another (a path), and return its Console."""
        path = script or self.folder / self.script
        source = compile_or_raise(path)
        os.makedirs(tempfile.gettempdir(), exist_ok=True)  # a script may have removed it
        env = {"PYTHONDONTWRITEBYTECODE": "1"}  # RQ imports a student's module
        console = Console(path, self.proxy.url, env=env, **options)
        self.consoles.append(self.running.enter_context(console))
        needs_url = b"REDIS_URL" in source and b"6379" not in source
        prefix = "REDIS_URL=redis://127.0.0.1:6379 " if needs_url else ""
        self.commands.append(f"{prefix}python {self.typed(path)}")
        return console

    def run_held(self, processor=None):
        """As run; but what it prints has to wait for its release, and with it the jobs that do."""
        self.alter("for a moment, what the processor prints had to wait, as behind ^S")
        return self.run(processor, held=True)

    def awaits(self):
        """Whether the script that is judged uses `await`."""
        tree = ast.parse(compile_or_raise(self.folder / self.script))
        return any(isinstance(node, ast.Await) for node in ast.walk(tree))

    def typed(self, path):
        """A path as one types it where the grader was started."""
        near = os.path.relpath(path, self.started_in)
        return shlex.quote(str(path) if near.startswith("..") else near)

    def own_console(self):
        """The last console of the script that is judged, if it has run: a list of it."""
        return [one for one in self.consoles if one.script.name == self.script][-1:]

    def stop(self, console):
        """End a script, and all that it has started in its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(console.process.pid, signal.SIGKILL)
        self.commands.append(f"pkill -f {console.script.name}")

    def end(self):
        """End the scripts, and be a server that is not there."""
        self.running.close()
        self.consoles = []
        self.proxy.close()

    def reset(self):
        """The server as dump.rdb has it, with nobody connected, and nothing done before."""
        self.end()
        # For the report: what was done before, how to do it by hand, whether that is not all, and
        # what could not be told of a script that passes.
        self.before, self.altered, self.doubts = [], False, []
        self.commands = [f"redis-cli flushall; redis-cli set {self.edition.key} School"]
        self.proxy.reset()
        if self.server.kind == "fakeredis":  # in which a client that is gone still takes jobs
            self.server.restart()
        self.server.reset()
        self.client.set(self.edition.key, "School")
        self.proxy.listen()

    def attempt(self, check, *arguments):
        """Make a check. It fails if a script has tried to stop the server, whatever else it did."""
        try:
            check(*arguments)
        finally:
            if self.proxy.harm:
                raise Wrong(f"stops the server ({self.proxy.harm})", *self.own_console())

    def why_not(self, partner):
        """Why a partner cannot be run, or None."""
        with contextlib.suppress(Wrong):
            compile_or_raise(partner)
            return None
        return "is no Python" if os.path.isfile(partner) else "is missing"

    def stand_in(self, why):
        """Say that our own partner was run."""
        text = f"its own {self.partner} was run in place of the folder's, which {why}; a script "
        self.about_partner = [f"{text}that only its own partner understands cannot be judged so"]

    def breakdown(self):
        """Why the grader itself does not work, or None."""
        if not self.server.is_alive():
            return "its redis-server has ended"
        if self.server.kind == "fakeredis":
            if self.proxy.lacks:
                return f"fakeredis lacks a command: {min(self.proxy.lacks)}"
            if self.proxy.asked(b"BLMOVE"):
                return "fakeredis does not wait in a BLMOVE, as Redis does"
        return None


def with_partner(check):
    """A check of two arguments, the stage and a path: it is made with the partner script of the
    same folder; if that finds a fault, with this project's own. So a script is not blamed for its
    partner's faults, nor for a partner that only it can talk to."""

    @functools.wraps(check)
    def made(stage):
        theirs, ours = stage.folder / stage.partner, OURS / stage.partner
        if why := stage.why_not(theirs):
            stage.stand_in(why)
            return stage.attempt(check, stage, ours)
        try:
            return stage.attempt(check, stage, theirs)
        except Wrong as found:
            first = found
        done, consoles = (stage.before, stage.commands, stage.altered), stage.consoles
        was_run = stage.own_console()
        stage.reset()
        try:
            return stage.attempt(check, stage, ours)
        except Wrong as found:
            second = found
        if not was_run:
            stage.stand_in("does not do its part")
            raise second
        # What it does with its own partner is what a student can see.
        stage.before, stage.commands, stage.altered = done
        has_failed = stage.outcomes.get(stage.partner) == "failed"
        raise blamed(first, second, stage.partner, has_failed, consoles)

    return made


def blamed(first, second, partner, partner_has_failed, consoles=()):
    """What is to be raised of a script that fails with the folder's own partner and with ours."""
    if second.headline == first.headline:
        return first
    if partner_has_failed:
        return CannotJudge(f"it understands only its own {partner}, which has failed")
    first.either = True
    first.consoles += tuple(console for console in consoles if console not in first.consoles)
    return first


def compile_or_raise(path):
    """Return a script's source; raise Wrong if it is no Python."""
    try:
        source = path.read_bytes()
        compile(source, path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        what = getattr(error, "msg", None) or str(error)
        raise Wrong(f"syntax error at line {line} of {path.name}: {what}") from None
    except (RecursionError, MemoryError):
        raise Wrong(f"{path.name} is nested too deeply for Python") from None
    except OSError as error:
        raise Wrong(f"{path.name} cannot be read: {error.strerror}") from None
    return source
