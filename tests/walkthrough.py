"""Plays the course: runs its scripts, task by task, and shows what each console shows, as it shows it.

`python -m tests.walkthrough` plays on the server at REDIS_URL if that is set, else on an embedded one (fakeredis's TCP
server); `--task N` plays one task. `--svg FILE` also makes a picture of what is shown, if rich is installed.
"""

import argparse
import contextlib
import os
import re
import sys
import time
from pathlib import Path

import redis

from .console import Console
from .course import OURS, TASKS
from .servers import FakeServer

SAID = []  # every line that was shown, in its colour, for a picture


class Stage:
    """Shows the consoles of running scripts, a line at a time, each under the name of its terminal."""

    def __init__(self, url):
        self.url, self.consoles, self.shown = url, [], {}
        self.colour = sys.stdout.isatty()

    def say(self, text, code="1"):
        SAID.append(f"\x1b[{code}m{text}\x1b[0m")
        print(f"\x1b[{code}m{text}\x1b[0m" if self.colour else text, flush=True)

    def start(self, stack, script, terminal):
        self.say(f"[terminal {terminal}] $ python {script}", f"3{terminal + 1}")
        console = stack.enter_context(Console(OURS / script, self.url))
        self.consoles.append((console, terminal))
        self.shown[console] = 0
        return console

    def show(self):
        for console, terminal in self.consoles:
            lines = console.lines
            for line in lines[self.shown[console] :]:
                self.say(f"[terminal {terminal}] {line}", f"3{terminal + 1}")
            self.shown[console] = len(lines)

    def until(self, ready, timeout=20):
        """Show what comes until ready() is true; return whether it was in time."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            done = ready()
            self.show()
            if done:
                return True
            time.sleep(0.01)
        return False


# The scripts of each task, in the order in which they are started; the last is waited for.
PLAYS = {
    "1": ["0_redis_client.py"],
    "2": ["1_redis_op.py"],
    "3": ["2_redis_op_async.py"],
    "4": ["4_redis_advanced_op.py"],
    "5": ["5_subscriber.py", "5_publisher.py"],
    "6": ["6_job_creator.py"],
    "7": ["6_job_processor.py", "6_job_creator.py"],
    "8": ["7_job_creator.py"],
    "9": ["7_job_processor.py", "7_job_creator.py"],
}
SETTLED = {"6": lambda console: len(console.lines) == 1, "8": lambda console: len(console.lines) == 11}


def play(number, url):
    """Play a task; return whether its scripts ended as they should."""
    stage = Stage(url)
    title = next(task.title for task in TASKS if task.number == number)
    stage.say(f"\nTask {number}: {title}")
    with contextlib.ExitStack() as stack:
        for terminal, script in enumerate(PLAYS[number], 1):
            console = stage.start(stack, script, terminal)
            if script != PLAYS[number][-1]:  # the other terminal is for what listens
                stage.until(lambda console=console: console.lines or console.stderr)
        if number in SETTLED:  # a creator whose jobs wait for the next task's processor
            return stage.until(lambda: SETTLED[number](console))
        ended = stage.until(lambda: console.status is not None)
        time.sleep(0.1)
        stage.show()
        return ended and console.status == 0


def picture(file):
    """Make an SVG of what the stages said."""
    from rich.console import Console as Terminal
    from rich.text import Text

    with open(os.devnull, "w") as nowhere:
        terminal = Terminal(record=True, width=110, file=nowhere, force_terminal=True)
        for line in SAID:
            terminal.print(Text.from_ansi(line))
        svg = terminal.export_svg(title="python -m tests.walkthrough")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # the reader's own fonts will do
    Path(file).write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.walkthrough", description=__doc__.split("\n")[0])
    parser.add_argument("--task", choices=PLAYS, metavar="N", help="play only task N, of 1 to 9")
    parser.add_argument("--svg", metavar="FILE", help="also make a picture (needs rich: pip install rich)")
    arguments = parser.parse_args()
    numbers = [arguments.task] if arguments.task else list(PLAYS)
    with contextlib.ExitStack() as stack:
        url = os.environ.get("REDIS_URL")
        if not url:
            url = stack.enter_context(FakeServer()).url
            print(f"(an embedded server, fakeredis, plays Redis at {url})")
        try:
            redis.from_url(url, protocol=2).ping()
        except redis.RedisError as error:
            sys.exit(f"There is no server at REDIS_URL: {error}")
        results = []
        for number in numbers:
            start = time.monotonic()
            results.append((number, play(number, url), time.monotonic() - start))
    print()
    for number, passed, seconds in results:
        for task in TASKS:
            if task.number == number:
                print(
                    f"{number}  {task.title:<50} {task.script:<24} {'passed' if passed else 'failed':<7} {seconds:4.1f} s"
                )
    if arguments.svg:
        picture(arguments.svg)
    sys.exit(not all(passed for _, passed, _ in results))


if __name__ == "__main__":
    main()
