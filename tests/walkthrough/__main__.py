"""Plays the course: runs its scripts, task by task, and shows what a student's terminals show.

`python -m tests.walkthrough` plays on a server of its own or, if REDIS_URL is set, in the database
there, which must hold nothing else. `--task N` plays one task; `--svg FILE` makes a picture.
"""

import argparse
import contextlib
import difflib
import os
import signal
import sys
import time
from pathlib import Path

import redis
from rich.columns import Columns
from rich.console import Console as Screen
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..course import CHANNEL, NORMALIZERS, OURS, TASKS, created, transcript
from ..harness.console import Console
from ..harness.servers import DUMPED, FakeServer, free_port

TITLES = {task.number: task.title for task in TASKS}


class Terminals(contextlib.ExitStack):
    """Two terminals in which scripts run, and how they differ from the course. Use it in a `with`
    statement: at its end, the scripts are killed."""

    def __init__(self, url, client):
        super().__init__()
        self.url, self.client = url, client
        self.consoles = {1: [], 2: []}  # by terminal, in the order they started
        self.difference = []

    def start(self, terminal, script, line=None, url=None):
        """Start a script, and wait until it prints the line."""
        console = self.enter_context(Console(OURS / f"{script}.py", url or self.url, screen=True))
        self.consoles[terminal].append(console)
        if line:
            console.wait_line(line)
        return console

    def finish(self, console, expected=None, status=0):
        """Wait until a script ends, and compare its console and its exit status."""
        ended = console.wait_exit()  # None if it still runs
        name = console.script.stem
        order = NORMALIZERS.get(name, list)
        expected = [*order(expected or transcript(name)), f"(exit status: {status})"]
        self.compare(expected, [*order(console.lines), f"(exit status: {ended})"], name)

    def compare(self, expected, seen, name):
        self.difference += difflib.unified_diff(expected, seen, "course", name, n=1, lineterm="")

    def run(self, script, expected=None, status=0, url=None):
        self.finish(self.start(1, script, url=url), expected, status)


# The tasks. Their docstrings are shown.


def task_0(terminals):
    """The server holds what dump.rdb holds: School, under the key Holberton."""
    held = [terminals.client.get(key).decode() for key in DUMPED]
    terminals.compare([*DUMPED.values()], held, "server")


def task_1(terminals):
    """There is no server yet, so the script gives up after three attempts. Then there is one."""
    port = free_port()
    refused = [line.replace("6379", str(port)) for line in transcript("0_redis_client.refused")]
    terminals.run("0_redis_client", refused, status=1, url=f"redis://127.0.0.1:{port}")
    terminals.run("0_redis_client")


def task_2(terminals):
    """The script reads Holberton, then sets another key and reads it."""
    terminals.run("1_redis_op")


def task_3(terminals):
    """The same, with async and await."""
    terminals.run("2_redis_op_async")


def task_4(terminals):
    """The script stores a hash, field by field, and reads it whole."""
    terminals.run("4_redis_advanced_op")


def task_5(terminals):
    """Terminal 2 sends four messages on a channel. The third ends the subscriber in terminal 1."""
    subscriber = terminals.start(1, "5_subscriber")
    # What is published before anybody subscribes is lost.
    subscriber.wait(lambda _: terminals.client.pubsub_numsub(CHANNEL)[0][1])
    publisher = terminals.start(2, "5_publisher")
    terminals.finish(subscriber)
    terminals.finish(publisher)


def tasks_6_and_7(terminals):
    """A job waits for a processor, even if ^C ends its creator. The next one is done right away."""
    created, sent = transcript("6_job_creator"), transcript("6_job_processor")
    creator = terminals.start(1, "6_job_creator", created[0])
    creator.interrupt()
    terminals.finish(creator, [created[0], "^C"], -signal.SIGINT)
    processor = terminals.start(2, "6_job_processor", sent[0])
    terminals.run("6_job_creator")
    processor.interrupt()
    terminals.finish(processor, [*sent, *sent, "^C"])


def tasks_8_and_9(terminals):
    """Eleven jobs wait until terminal 2 does them, two at a time. Two numbers are blacklisted."""
    creator = terminals.start(1, "7_job_creator", created(11)[0])
    processor = terminals.start(2, "7_job_processor")
    terminals.finish(creator)
    processor.interrupt()
    terminals.finish(processor, [*transcript("7_job_processor"), "^C"])


ALONE = [task_0, task_1, task_2, task_3, task_4, task_5]
PLAYS = {str(number): play for number, play in enumerate(ALONE)}
# A creator waits until a processor has done its jobs.
PLAYS |= {"67": tasks_6_and_7, "89": tasks_8_and_9}


def panel(number, consoles):
    """Return a panel with what a terminal shows."""
    lines = []
    for console in consoles:
        lines.append(Text(f"$ python {console.script.name}", style="bold"))
        lines.extend(Text.from_ansi(line) for line in console.lines)
    return Panel.fit(Text("\n").join(lines), title=f"Terminal {number}", title_align="left")


def play_and_show(screen, numbers, url, client):
    """Play tasks that belong together; return whether they passed."""
    play = PLAYS[numbers]
    for number in numbers:
        screen.print(f"Task {number}: {TITLES[number]}", style="bold")
    screen.print(play.__doc__)
    reset(client)
    spinner = Screen(stderr=True)  # not on the screen: it would be in the picture
    with spinner.status("Playing ..."), Terminals(url, client) as terminals:
        play(terminals)
    panels = [panel(number, seen) for number, seen in terminals.consoles.items() if seen]
    screen.print(Columns(panels))  # side by side if there is room
    for line in terminals.difference:
        screen.print(line, style="green" if line.startswith("+") else "red")
    screen.print("" if terminals.difference else "passed\n", style="green")
    return not terminals.difference


def open_database(url, refuse):
    """Return a client of a database that is empty, or holds what dump.rdb holds. Refuse others."""
    try:
        client = redis.from_url(url, protocol=2)
        size, values = client.dbsize(), [value.encode() for value in DUMPED.values()]
        if size == 0 or (size == len(DUMPED) and client.mget(DUMPED) == values):
            return client
        refuse("the database at REDIS_URL holds other data, which this would delete")
    except (ValueError, redis.RedisError) as error:
        refuse(f"REDIS_URL: {error}")


def reset(client):
    """Reset the database to what dump.rdb holds."""
    client.flushdb()
    client.mset(DUMPED)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        "python -m tests.walkthrough",
        usage=argparse.SUPPRESS,  # keeps an error to one line
        description="Plays the course: runs its scripts, and shows what they print.",
    )
    parser.add_argument(
        "--task", metavar="N", choices=TITLES, help="play this task only, with its partner"
    )
    parser.add_argument("--svg", metavar="FILE", help="also save a picture of what is shown")
    options = parser.parse_args(arguments)
    if options.svg and not Path(options.svg).absolute().parent.is_dir():
        parser.error(f"--svg {options.svg}: there is no such folder")
    width = 100 if options.svg else None  # None: the window's
    screen = Screen(width=width, record=True, markup=False, highlight=False, emoji=False)
    table, failed = Table("Task", "Title", "Outcome", "Seconds"), False
    with contextlib.ExitStack() as stack:
        if url := os.environ.get("REDIS_URL"):
            client = stack.enter_context(open_database(url, parser.error))
        else:
            server = stack.enter_context(FakeServer())
            url, client = server.url, server.client
        stack.callback(reset, client)
        for numbers in [numbers for numbers in PLAYS if (options.task or "") in numbers]:
            started = time.monotonic()
            passed = play_and_show(screen, numbers, url, client)
            failed = failed or not passed
            outcome = Text("passed", "green") if passed else Text("failed", "red")
            seconds = f"{time.monotonic() - started:.1f}"
            for number in numbers:
                table.add_row(number, TITLES[number], outcome, seconds)
                seconds = ""  # the first row has those of both tasks
    screen.print(table)
    if options.svg:
        screen.save_svg(options.svg, title=parser.prog)
    return int(failed)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("The walkthrough was stopped.", file=sys.stderr)
        sys.exit(130)
