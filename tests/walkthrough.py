"""Plays the course: runs its scripts, task by task, and shows what a person's terminals show.

`python -m tests.walkthrough` plays on fakeredis's TCP server or, where REDIS_URL is set, on the
database there. `--task N` plays one task; `--svg FILE` also makes a picture of what is shown.
"""

import sys

try:
    import argparse
    import contextlib
    import difflib
    import os
    import pty
    import re
    import shutil
    import signal
    import subprocess
    import tempfile
    import textwrap
    import time
    from collections import deque
    from html import escape
    from pathlib import Path
    from typing import NamedTuple

    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from .console import Console
    from .course import TASKS, from_one, in_any_order, job_by_job, transcript
    from .servers import REDIS_SERVER, FakeServer, free_port
except KeyboardInterrupt:
    sys.exit("The walkthrough was stopped.")
except ImportError as error:
    sys.exit(
        f"This cannot begin ({error}): run `python -m tests.walkthrough` in the project's folder, "
        "once `python -m pip install -r requirements.txt` has been run."
    )

OURS = Path(__file__).resolve().parent.parent
WIDE = 100  # columns of a window in which two terminals stand side by side
PATIENCE = 10  # seconds for a script to do what the next step waits for
BOLD, RED, GREEN, DIM = "1", "31", "32", "2"
CHANNEL = "holberton school channel"
COLOURS = {1: "32", 2: "33"}  # of the terminals
THEIRS = {b"Holberton", b"HolbertonSanFrancisco", b"HolbertonSchools"}  # a student's keys, 2 to 4
# How a console is compared, where the course does not fix it all: ids, and jobs at the same time.
ORDERS = {
    "6_job_creator.py": from_one,
    "6_job_processor.py": in_any_order,
    "7_job_creator.py": lambda lines: job_by_job(from_one(lines)),
    "7_job_processor.py": in_any_order,
}


class Step(NamedTuple):
    """A script to start in a terminal, after saying so, and how far to wait for it."""

    say: str
    terminal: int
    script: str
    expected: list
    lines: int | None = None  # go on when it has shown so many; None: when it has ended
    stop: str = ""  # when ^C is typed: "at once" or "at last"
    status: int = 0
    server: bool = True


SENT = transcript("6_job_processor")
CREATOR = transcript("7_job_creator")
CREATED = sum("created" in line for line in CREATOR)
PLAYS = {
    "1": [
        Step(
            "No server is there yet. The script tries three times.",
            *(1, "0_redis_client.py", transcript("0_redis_client.refused")),
            status=1,
            server=False,
        ),
        Step("The same script again.", 1, "0_redis_client.py", transcript("0_redis_client")),
    ],
    "2": [
        Step(
            "The script reads Holberton, then sets another key and reads it, with callbacks.",
            *(1, "1_redis_op.py", transcript("1_redis_op")),
        )
    ],
    "3": [
        Step(
            "The same, with async and await.",
            *(1, "2_redis_op_async.py", transcript("2_redis_op_async")),
        )
    ],
    "4": [
        Step(
            "The script stores a hash, field by field, and reads it whole.",
            *(1, "4_redis_advanced_op.py", transcript("4_redis_advanced_op")),
        )
    ],
    "5": [
        Step(
            "Terminal 1 subscribes to a channel, and waits.",
            *(1, "5_subscriber.py", transcript("5_subscriber"), 1),
        ),
        Step(
            "Terminal 2 publishes four messages. The third ends the subscriber.",
            *(2, "5_publisher.py", transcript("5_publisher")),
        ),
    ],
    "6": [
        Step(
            "The creator puts a job on the queue. Nobody does it, so ^C ends the waiting creator.",
            *(1, "6_job_creator.py", transcript("6_job_creator")[:1], 1, "at once"),
            status=-signal.SIGINT,
        )
    ],
    "7": [
        Step(
            "Terminal 1 puts a job on the queue, and ^C ends it: so task 6 was left.",
            *(1, "6_job_creator.py", transcript("6_job_creator")[:1], 1, "at once"),
            status=-signal.SIGINT,
        ),
        Step(
            "Terminal 2 starts the processor. It does the job that was left.",
            *(2, "6_job_processor.py", SENT * 2, len(SENT), "at last"),
        ),
        Step(
            "Terminal 1 puts another job on the queue. The processor does it at once.",
            *(1, "6_job_creator.py", transcript("6_job_creator")),
        ),
    ],
    "8": [
        Step(
            "The creator puts eleven jobs on the queue. Nobody does them, so ^C ends it.",
            *(1, "7_job_creator.py", CREATOR[:CREATED], CREATED, "at once"),
            status=-signal.SIGINT,
        )
    ],
    "9": [
        Step(
            "Terminal 2 starts the processor, which does two jobs at a time.",
            *(2, "7_job_processor.py", transcript("7_job_processor"), 0, "at last"),
        ),
        Step(
            "Terminal 1 puts eleven jobs on the queue. Two of the numbers are blacklisted.",
            *(1, "7_job_creator.py", CREATOR),
        ),
    ],
}


def causes():
    """Which line of the other terminal has made a line: {line: its cause}, ids counted from 1."""
    found = {line: f"About to send {line}" for line in transcript("5_subscriber")[1:]}
    found |= {SENT[0]: "Notification job created: 1", "Notification job completed": SENT[0]}
    completed = [line for line in CREATOR if line.endswith("completed")]
    for line, sent in zip(completed, transcript("7_job_processor")):
        found |= {line: sent, sent: f"Notification job created: {line.split()[2]}"}
    return found


CAUSES = causes()


class Line(NamedTuple):
    time: float
    text: str
    key: str  # as CAUSES has it


def in_order(waiting, last, together):
    """Yield (terminal, text) of the lines that wait, {terminal: deque of Lines}, causes first.

    Otherwise as they came or, if `together`, as few changes from terminal to terminal as can be.
    """
    while any(waiting.values()):
        unseen = {line.key for lines in waiting.values() for line in lines}
        heads = {terminal: lines[0] for terminal, lines in waiting.items() if lines}
        free = [n for n, line in heads.items() if CAUSES.get(line.key) not in unseen] or list(heads)
        if not (together and last in free):
            last = min(free, key=lambda terminal: heads[terminal].time)
        yield last, waiting[last].popleft().text


class Screen:
    """What is shown: rows, each of pieces of text, (column, text, colour)."""

    def __init__(self, width, folds):
        self.width, self.folds = width, folds  # folds: whether long lines are; a terminal can, too
        self.colour = sys.stdout.isatty()
        self.rows = []
        self.begin(1)

    def begin(self, terminals):
        """Get ready for a task with so many terminals."""
        self.terminals = terminals
        self.columns = terminals == 2 and self.width >= WIDE
        self.half = self.width // 2 - 2
        self.last, self.headed, self.cells = None, False, {}

    def row(self, *pieces):
        self.rows.append(pieces)
        shown, used = "", 0
        for column, text, colour in pieces:
            shown += " " * (column - used)
            shown += f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text
            used = column + len(text)
        print(shown, flush=True)

    def say(self, text, colour=BOLD, indent=""):
        self.flush()
        for line in textwrap.wrap(text, self.width, subsequent_indent=indent) or [""]:
            self.row((0, line, colour))

    def note(self, text):
        """Say what is about to be done, as a comment in a shell does."""
        self.say(f"# {text}", DIM, "# ")

    def show(self, terminal, text):
        """Show a line of a terminal."""
        colour = COLOURS[terminal]
        if self.columns:
            if not self.headed:
                self.cells = {n: (f"Terminal {n}", BOLD) for n in COLOURS}
                self.headed = True
            for part in folded(text, self.half if terminal == 1 else self.width - self.half - 3):
                if terminal in self.cells:
                    self.flush()
                self.cells[terminal] = part, colour
        else:
            if terminal != self.last and self.terminals == 2:
                self.row((0, f"Terminal {terminal}", BOLD))
            for part in folded(text, self.width) if self.folds else [text]:
                self.row((0, part, colour))
        self.last = terminal

    def flush(self):
        """Show the row of both terminals that is being filled."""
        if self.cells:
            left, right = (self.cells.get(terminal) for terminal in COLOURS)
            pieces = [(0, *left)] if left else []
            pieces.append((self.half + 1, "│", DIM))
            self.row(*pieces, *([(self.half + 3, *right)] if right else []))
        self.cells = {}


def folded(text, width):
    """The text in parts that fit, cut at blanks where that can be."""
    indent = " " * (len(text) - len(text.lstrip(" ")))  # which textwrap would drop
    options = {"replace_whitespace": False, "break_on_hyphens": False}
    options |= {"initial_indent": indent, "subsequent_indent": f"{indent} "}
    return textwrap.wrap(text.lstrip(" "), width, **options) or [""]


def printable(text):
    """The text with nothing in it that could disturb a terminal."""
    return re.sub(r"[^\x20-\x7e\xa0-\U0010ffff]", lambda c: f"\\x{ord(c[0]):02x}", text)


def lines_of(console):
    """What a script's terminal shows, but for the ^C at its end."""
    *lines, tail = console.stdout.replace("\r\n", "\n").split("\n")
    tail = tail.removesuffix("^C")
    return [printable(line) for line in [*lines, *([tail] if tail else [])]]


def counted(lines):
    """The lines with ids from 1, or as they are if they are no creator's."""
    try:
        return from_one(lines)
    except (IndexError, ValueError):
        return lines


class Theatre:
    """Plays tasks on a server. `server`: FakeServer, Given, or None before it is started."""

    def __init__(self, screen, stack, url):
        self.screen, self.stack = screen, stack
        self.given = Given(url) if url else None
        self.server = None
        self.port = free_port()

    def prepare(self):
        """Put the server's data to what a task begins with."""
        first = not self.server
        if self.given:
            say = "The database at REDIS_URL is emptied, and Holberton set to School, as in task 0."
            self.server = self.stack.enter_context(self.given) if first else self.given
        elif first:
            say = f"A server is started on port {self.port}. It holds what task 0 left: Holberton."
        else:
            say = "The server is put back to what task 0 left: Holberton, and nothing else."
        self.screen.note(say)
        if first and not self.given:
            self.server = self.stack.enter_context(FakeServer(self.port))
        self.server.reset()

    def play(self, number):
        """Play a task; return whether each console was as the course has it."""
        steps = PLAYS[number]
        terminals = len({step.terminal for step in steps})
        self.screen.begin(terminals)
        consoles, shown, prepared = [], {}, False

        def show():
            waiting = {terminal: deque() for terminal in COLOURS}
            for step, console in consoles:
                lines = lines_of(console)
                keys = counted(lines)
                for place in range(shown[console], len(lines)):
                    at = console.started + (console.times + [time.monotonic()] * len(lines))[place]
                    waiting[step.terminal].append(Line(at, lines[place], keys[place]))
                shown[console] = len(lines)
            together = not self.screen.columns
            for terminal, text in in_order(waiting, self.screen.last, together):
                self.screen.show(terminal, text)
            self.screen.flush()

        def stop(step, console):
            console.type("\x03")
            console.wait_exit(5)
            show()
            self.screen.show(step.terminal, "^C")

        with contextlib.ExitStack() as stack:
            for step in steps:
                if step.server and not prepared:
                    prepared = not self.prepare()
                self.screen.note(step.say)
                port = free_port() if self.given else self.port
                url = self.server.url if step.server else f"redis://127.0.0.1:{port}"
                if not step.server:
                    expected = [line.replace("6379", str(port)) for line in step.expected]
                    step = step._replace(expected=expected)
                self.screen.show(step.terminal, f"$ python {step.script}")
                console = stack.enter_context(Console(OURS / step.script, url, screen=True))
                consoles.append((step, console))
                shown[console] = 0
                if step.lines is None:
                    console.wait_exit(PATIENCE)
                else:
                    await_lines(console, step.lines, PATIENCE)
                    if step.script == "5_subscriber.py":
                        await_subscriber(self.server.client)
                show()
                if step.stop == "at once":
                    stop(step, console)
            for step, console in consoles:
                if step.stop == "at last":
                    await_lines(console, len(step.expected), PATIENCE)
                    show()
                elif not step.stop:
                    console.wait_exit(PATIENCE)
            show()
            for step, console in consoles:
                if step.stop == "at last" and console.status is None:
                    stop(step, console)
            self.screen.flush()
            passed = [self.compare(step, console) for step, console in consoles]
            return all(passed)

    def compare(self, step, console):
        """Say whether a console is the course's, and if not, what differs; return whether."""
        order = ORDERS.get(step.script, list)
        seen, expected = lines_of(console), order(step.expected)
        with contextlib.suppress(IndexError, ValueError):  # of lines that no creator prints
            seen = order(seen)
        name = f"{step.script} in terminal {step.terminal}" if self.screen.terminals == 2 else ""
        name = name or step.script
        if seen != expected:
            self.screen.say(f"{name} shows another console than the course:", RED)
            difference = difflib.unified_diff(expected, seen, "course", "seen", lineterm="", n=1)
            for line in list(difference)[:40]:
                for part in folded(line, self.screen.width):
                    self.screen.row((0, part, GREEN if line[0] == "+" else RED))
        elif console.status != step.status:
            ended = "did not end" if console.status is None else f"ended with {console.status}"
            self.screen.say(f"{name} {ended}, and should have ended with {step.status}.", RED)
        return seen == expected and console.status == step.status

    def play_commands(self):
        """Play task 0, with a Redis of its own; return whether its console is the course's."""
        if not (REDIS_SERVER and shutil.which("redis-cli")):
            self.screen.note(
                "redis-server and redis-cli are not installed here, and task 0 is about them. "
                "The README says how to install them. The other tasks go on without."
            )
            return None
        port, passed = free_port(), True
        cli = f"redis-cli -p {port}"
        with tempfile.TemporaryDirectory(prefix="school-") as folder:
            start = f'redis-server --port {port} --dir {folder} --save "" --daemonize yes'
            self.screen.begin(1)
            try:
                for say, command, expected in [
                    ("A server is started in the background, in a folder of its own.", start, []),
                    ("The client asks it whether it is there.", f"{cli} ping", ["PONG"]),
                    ("A value is set, and read.", f"{cli} set Holberton School", ["OK"]),
                    ("", f"{cli} get Holberton", ['"School"']),
                    ("The server is stopped, and saves nothing.", f"{cli} shutdown nosave", []),
                    ("Now one that finds dump.rdb.", f"cp {OURS / 'dump.rdb'} {folder}", []),
                    ("", start, []),
                    ("", f"{cli} get Holberton", ['"School"']),
                    ("", f"{cli} shutdown nosave", []),
                ]:
                    if say:
                        self.screen.note(say)
                    self.screen.show(1, f"$ {command}")
                    seen = on_terminal(command)
                    for line in seen:
                        self.screen.show(1, printable(line))
                    if seen != expected:
                        self.screen.say(f"The course has {expected} there.", RED)
                        passed = False
                    if command == start:
                        await_server(port)
            finally:
                on_terminal(f"{cli} shutdown nosave")
        return passed


class Given:
    """The database at REDIS_URL. It is used only if it holds no more than the course's strings."""

    def __init__(self, url):
        self.url = url
        try:
            self.client = redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0))
            keys = self.client.scan_iter()
            other = next((key for key in keys if key not in THEIRS), None)
        except ValueError as error:
            sys.exit(f"REDIS_URL={url}: {error}")
        except redis.RedisError as error:
            sys.exit(f"The server at REDIS_URL does not answer: {error}")
        if other is not None:
            sys.exit(
                f"The database at REDIS_URL holds other data (the key {printable(ascii(other)[1:])}"
                "), which the walkthrough would delete: give it an empty one, such as "
                "REDIS_URL=redis://127.0.0.1:6379/1."
            )

    def reset(self):
        self.client.flushdb()
        self.client.set("Holberton", "School")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(redis.RedisError):
            self.reset()


def await_lines(console, count, timeout):
    """Wait until a script has shown so many lines, or has ended, or the time is up."""
    console.wait(lambda console: len(console.lines) >= count, timeout)


def await_subscriber(client):
    """Wait until somebody listens to the channel, since what is published before is lost."""
    end = time.monotonic() + PATIENCE
    while not client.pubsub_numsub(CHANNEL)[0][1] and time.monotonic() < end:
        time.sleep(0.005)


def on_terminal(command):
    """Run a shell command on a terminal; return the lines that it shows."""
    master, terminal = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
    command = f"trap '' HUP; {command}"  # or the shell's end may end a server behind it
    process = subprocess.Popen(command, shell=True, start_new_session=True, **streams)
    os.close(terminal)
    written = b""
    with contextlib.suppress(OSError):  # EIO, once nobody has the terminal open any more
        while chunk := os.read(master, 65536):
            written += chunk
    os.close(master)
    process.wait()
    return written.decode(errors="replace").replace("\r\n", "\n").splitlines()


def await_server(port):
    """Wait until a redis-server that was told to go to the background answers."""
    with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as client:
        for _ in range(200):
            with contextlib.suppress(redis.ConnectionError):
                return client.ping()
            time.sleep(0.02)


STYLE = """
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
       white-space: pre; fill: #1f2328 }
rect { fill: #f6f8fa; stroke: #d1d9e0 } path { stroke: #8c959f }
.c1 { font-weight: bold } .c2 { fill: #59636e } .c31 { fill: #b3202a }
.c32 { fill: #116329 } .c33 { fill: #7d4e00 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } rect { fill: #151b23; stroke: #3d444d } path { stroke: #656c76 }
  .c2 { fill: #9198a1 } .c31 { fill: #ff7b72 } .c32 { fill: #7ee787 } .c33 { fill: #f2cc60 }
}
"""


def picture(rows, width):
    """An SVG of the rows, with colours for a light and for a dark page."""
    cell, line, margin = 8.4, 19, 14  # pixels: a character, a row, the frame
    size = f"{width * cell + 2 * margin:.0f}", f"{len(rows) * line + 2 * margin:.0f}"
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        + 'width="{0}" height="{1}" viewBox="0 0 {0} {1}">'.format(*size),
        "<title>python -m tests.walkthrough</title>",
        f"<style>{STYLE}</style>",
        '<rect x="0.5" y="0.5" rx="6" width="{}" height="{}"/>'.format(*(int(n) - 1 for n in size)),
    ]
    for number, pieces in enumerate(rows):
        top = margin + number * line
        for column, text, colour in pieces:
            left = margin + column * cell
            if text == "│":
                parts.append(f'<path d="M{left + cell / 2:.1f} {top} v{line}"/>')
            elif text:
                parts.append(
                    f'<text class="c{colour}" x="{left:.1f}" y="{top + 14}" '
                    f'textLength="{len(text) * cell:.1f}">{escape(text)}</text>'
                )
    return "\n".join([*parts, "</svg>"]) + "\n"


def table(screen, results):
    """Show a line for each script: task, outcome, seconds, title."""
    screen.row()
    colours = {"passed": GREEN, "failed": RED, "not run": DIM}
    for task in TASKS:
        if task.number in results:
            word, seconds = results[task.number]
            line = f"{task.number}  {task.script:<22}  {word:<7}  {seconds:4.1f} s  {task.title}"
            screen.row((0, line[: max(45, screen.width)], colours[word]))


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.walkthrough", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--task", metavar="N", help="play only task N, of 0 to 9")
    parser.add_argument("--svg", metavar="FILE", help="also make a picture, of 100 columns")
    parser.error = lambda message: sys.exit(f"The walkthrough cannot do that: {message}.")
    options = parser.parse_args()
    if options.task not in (None, "0", *PLAYS):
        parser.error(f"--task {printable(options.task)}, and the tasks are 0 to 9")
    if options.svg and (Path(options.svg).is_dir() or not Path(options.svg).parent.is_dir()):
        parser.error(f"--svg {printable(options.svg)}, where no file can be made")
    return options


def play(options):
    columns = shutil.get_terminal_size().columns
    screen = Screen(WIDE if options.svg else columns, folds=bool(options.svg))
    results = {}
    with contextlib.ExitStack() as stack:
        theatre = Theatre(screen, stack, os.environ.get("REDIS_URL"))
        for number in [options.task] if options.task else ["0", *PLAYS]:
            title = next(task.title for task in TASKS if task.number == number)
            if screen.rows:
                screen.say("")
            screen.say(f"Task {number}: {title}")
            started = time.monotonic()
            passed = theatre.play(number) if number in PLAYS else theatre.play_commands()
            word = {True: "passed", False: "failed", None: "not run"}[passed]
            results[number] = word, time.monotonic() - started
    table(screen, results)
    if options.svg:
        Path(options.svg).write_text(picture(screen.rows, screen.width), encoding="utf-8")
    return any(word == "failed" for word, _ in results.values())


def interrupted(*signal_and_frame):
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)  # what was started is about to be ended
    raise KeyboardInterrupt


def main():
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, interrupted)
    sys.stdout.reconfigure(errors="replace")
    try:
        sys.exit(play(arguments()))
    except KeyboardInterrupt:
        sys.exit("\nThe walkthrough was stopped. Nothing that it started is left.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's own flush
        sys.exit("The walkthrough has ended, since nobody reads on.")
    except redis.RedisError as error:
        sys.exit(f"The server has stopped answering the walkthrough: {error}")
    except OSError as error:
        sys.exit(f"The walkthrough cannot go on: {error}")


if __name__ == "__main__":
    main()
