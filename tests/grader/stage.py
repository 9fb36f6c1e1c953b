"""Where a check runs scripts: a server with the proxy before it, and the folder's scripts."""

import contextlib
import random

from ..course import OURS
from ..harness.console import Console
from ..harness.proxy import Proxy
from .verdict import CannotJudge, Wrong


class Stage:
    """What a check is given. It runs scripts, and notes what was done before, for the report.

    script: the one that is judged, in `folder`. port: where it looks for Redis. outcomes: of the
    scripts that were judged before; silent: those of them that print nothing.
    """

    def __init__(self, folder, server, port, script, outcomes, silent):
        self.folder, self.script = folder, script
        self.server, self.client = server, server.client
        self.proxy = Proxy(server.port, port)
        self.outcomes, self.silent = outcomes, silent
        self.before, self.commands, self.partner, self.consoles = [], [], [], []
        self.running = contextlib.ExitStack()
        self.random = random.Random()

    def note(self, text, *commands):
        """Say in the report of a failure what was done before, and how to do it by hand."""
        self.before.append(text)
        self.commands += commands

    def word(self):
        """A text that no solution can know beforehand."""
        return "".join(self.random.choices("abcdefghijkmnpqrstuvwxyz", k=9))

    def run(self, script, **options):
        """Run a script (its name, or the path of one) and return its Console."""
        path = self.folder / script
        compile_or_raise(path)
        console = Console(path, self.proxy.url, **options)
        self.consoles.append(self.running.enter_context(console))
        self.commands.append(f"python {path.name}")
        return self.consoles[-1]

    def end(self):
        """End the scripts, and be a server that is not there."""
        self.running.close()
        self.consoles = []
        self.proxy.close()

    def reset(self):
        """The server as dump.rdb has it, with nobody connected, and nothing done before."""
        self.end()
        self.before, self.commands = [], []
        self.proxy.reset()
        if self.server.kind == "fakeredis":  # in which a client that is gone still takes jobs
            self.server.restart()
        self.server.reset()
        self.proxy.listen()

    def with_partner(self, partner, check):
        """Call check(partner's path) with the partner script of the same folder; if it finds a
        fault, with this project's own: so a script is not blamed for its partner's faults, nor for
        a partner that only it can talk to."""
        theirs, ours = self.folder / partner, OURS / partner
        if why := self.why_not(theirs):
            self.stand_in(partner, why)
            return check(ours)
        try:
            return check(theirs)
        except (Wrong, CannotJudge) as found:
            first = found
        before, commands, consoles = self.before, self.commands, self.consoles
        was_run = self.script in [console.script.name for console in consoles]
        self.reset()
        try:
            return check(ours)
        except (Wrong, CannotJudge) as found:
            second = found
        if not was_run:
            self.stand_in(partner, "does not do its part")
            raise second
        # What it does with its own partner is what a student can see.
        self.before, self.commands = before, commands
        raise blamed(first, second, partner, self.outcomes.get(partner) == "failed", consoles)

    def why_not(self, partner):
        """Why a partner cannot be run, or None."""
        if not partner.is_file():
            return "is missing"
        try:
            compile_or_raise(partner)
        except Wrong:
            return "is no Python"
        return "prints nothing" if partner.name in self.silent else None

    def stand_in(self, partner, why):
        """Say that our own partner was run."""
        text = f"its own {partner} was run in place of the folder's, which {why}; a script that "
        self.partner = [f"{text}only its own partner understands cannot be judged so"]

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


def blamed(first, second, partner, partner_has_failed, consoles=()):
    """What is to be raised of a script that fails with the folder's own partner and with ours."""
    if isinstance(first, CannotJudge):
        return first
    if isinstance(second, Wrong) and second.headline == first.headline:
        return first
    if partner_has_failed:
        return CannotJudge(f"it understands only its own {partner}, which has failed")
    first.either = True
    first.consoles += tuple(console for console in consoles if console not in first.consoles)
    return first


def compile_or_raise(path):
    """Raise Wrong if the script is no Python."""
    try:
        compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        what = getattr(error, "msg", None) or str(error)
        wrong = Wrong(f"syntax error at line {line} of {path.name}: {what}")
        wrong.by_hand = [f"python {path.name}"]
        raise wrong from None
