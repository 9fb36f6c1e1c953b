"""The grader's command line: `python -m tests.grader DIR ...` checks the scripts in folders."""

import argparse
import fcntl
import itertools
import json
import os
import shlex
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console as Screen
from rich.progress import Progress

from ..course import EDITIONS, QUEUES, TASKS
from ..harness.servers import KINDS, REDIS_SERVER, is_free
from . import report, sandbox
from .folders import SCRIPTS, Judges, folders_of
from .results import NUMBERS, Result, Results, is_all, joined

TAKEN = """\
port {}, where most solutions look for Redis, is taken. Stop the server there (redis-cli shutdown \
nosave, or sudo systemctl stop redis-server), or give --port 0 if the scripts read REDIS_URL
"""
NOT_LOCKED_IN = """\
Not in a sandbox ({}): scripts can reach your files, and other folders' scripts. \
Folders are checked one after the other on port {}; with --port 0, side by side."""
COULD_NOT_WRITE = 5


def build_parser():
    kind, jobs = "redis-server" if REDIS_SERVER else "fakeredis", 3 * (os.cpu_count() or 1)
    port = "where scripts look for Redis (default: 6379); 0: any port, if they read REDIS_URL"
    many = f"folders checked at a time, or parts of one (default: three for each core, here {jobs})"
    parser = argparse.ArgumentParser(
        prog="python -m tests.grader",
        usage=argparse.SUPPRESS,  # keeps an error to one line
        description="Checks dump.rdb and the ten scripts in a folder against what the course asks "
        "for: python -m tests.grader DIR [DIR ...]",
        epilog="Exit status: 0 all passed; 1 something failed or is missing; 2 wrong arguments; "
        "3 nothing failed, but something could not be checked; 4 no port; 5 results could not be "
        "written; 130 interrupted.",
    )
    option = parser.add_argument
    option("folders", metavar="DIR", nargs="+", help="the folder with the scripts")
    option(
        "--task",
        type=numbers_of,
        default=NUMBERS,
        metavar="N",
        help="check only these tasks: 2; 6,7; 0-5",
    )
    option("--edition", choices=EDITIONS, default="holberton", help="the edition of the course")
    option("--server", choices=["all", *KINDS], default=kind, help="the kind of server")
    option("--port", type=int, default=6379, help=port)
    option("-v", "--verbose", action="store_true", help="show differences in full")
    option("-j", "--jobs", type=int, metavar="N", default=jobs, help=many)
    option("--out", metavar="DIR", help="write NAME.txt, NAME.json and class.csv into this folder")
    option(
        "--changed", action="store_true", help="with --out: check only folders whose files changed"
    )
    option("--points", metavar="FILE", help="JSON file with the points of each script (default: 1)")
    option("--no-sandbox", action="store_true", help="check without a sandbox")
    return parser


def numbers_of(text):
    """Return the numbers of the tasks in a text such as "2", "6,7" or "0-5"."""
    numbers = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in NUMBERS or (last or first) not in NUMBERS:
            raise argparse.ArgumentTypeError(f"{part!r} is not a task (0 to 9)")
        numbers |= {str(number) for number in range(int(first), int(last or first) + 1)}
    return sorted(numbers)


def validate(parser, options):
    """Exit with a message of one line, and status 2, if the command line is wrong."""
    if options.server != "fakeredis" and not REDIS_SERVER:
        parser.error(f"--server {options.server}: there is no redis-server on this machine")
    if options.port not in range(65536):
        parser.error(f"argument --port: {options.port} is not a port")
    if options.jobs < 1:
        parser.error(f"argument -j/--jobs: {options.jobs} is not a positive number")
    if options.changed and not options.out:
        parser.error("--changed needs --out")
    if len(options.folders) == 1 and not os.path.isdir(options.folders[0]):
        parser.error(f"there is no folder {options.folders[0]}")
    try:
        options.points = points_of(options.points)
    except (OSError, ValueError) as error:
        parser.error(str(error))


def points_of(file):
    """Return the points for each script: those given in the file, or 1."""
    points = dict.fromkeys(SCRIPTS, 1)
    given = json.loads(Path(file).read_text()) if file else {}
    if not isinstance(given, dict) or not given.keys() <= points.keys():
        raise ValueError(f"{file} is not a JSON object with points for {', '.join(SCRIPTS)}")
    return points | given


def wait_for_port(parser, port):
    """Wait until no other grader runs, then exit if the port is taken. This process keeps the
    lock, on the temporary folder itself, until it ends."""
    lock = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another grader is running: this one waits until it ends.", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)
    if not is_free(port):
        parser.exit(4, TAKEN.format(port))


class Grading:
    """A run of the grader: which folders it checks, and how, and what it shows and writes."""

    def __init__(self, options):
        self.options = options
        self.scripts = [task.script for task in TASKS if task.number in options.task]
        self.settings = [] if options.port == 6379 else ["--port", str(options.port)]
        self.settings += [] if options.edition == "holberton" else ["--edition", options.edition]
        self.results = Results(options.out) if options.out else None
        folders = folders_of(options.folders)
        self.is_class = len(folders) > 1
        if options.changed:
            folders = [one for one in folders if not self.results.is_known(one, self.scripts)]
        self.folders, self.found = folders, []

    def run(self, prefix, jobs):
        """Check the folders; return the exit status."""
        servers = list(KINDS) if self.options.server == "all" else [self.options.server]
        settings = [*self.settings, "--servers", ",".join(servers)]
        parts = [Result(*part, self.options.verbose) for part in self.parts()]
        show = self.take if self.is_class else self.show_reports
        bar = Progress(
            console=Screen(stderr=True),
            transient=True,
            disable=not (self.is_class and sys.stderr.isatty()),
            redirect_stdout=sys.stdout.isatty(),  # else stdout would be shown on stderr
        )
        with bar, Judges(prefix, settings, jobs) as judges:
            for result in bar.track(judges.check(parts), len(parts), description="Checking"):
                show(result)
        if parts and not self.is_class:
            self.take(joined(parts))
        if not is_all(self.found, "passed", "not run", "grader"):
            return 1
        return 0 if is_all(self.found, "passed") else 3

    def parts(self):
        """Return folders and scripts: what one process checks. In a class, that is a folder; of a
        single folder, it is a pair of job scripts, or all others."""
        if self.is_class:
            return [(folder, self.scripts) for folder in self.folders]
        pairs = itertools.groupby(self.scripts, lambda script: script[0] in QUEUES and script[0])
        parts = [list(scripts) for _, scripts in pairs]
        return [(folder, scripts) for folder in self.folders for scripts in parts]

    def take(self, result):
        """Show a folder's result and, with --out, write it."""
        known = self.results.read(result.folder.name) if self.results else None
        data = result.data(self.options.points)
        self.found.append(data)
        if self.results:
            self.results.write(result.data(self.options.points, known))
        if self.is_class:
            count = sum(task["status"] == "passed" for task in data["tasks"])
            name = report.escaped(data["folder"])
            print(f"{name}: {count} passed, {data['seconds']:.1f} s", flush=True)
        else:
            command = ["python", "-m", "tests.grader", result.folder.given, *self.settings]
            lines = report.summary(data, shlex.join(command), self.options.verbose)
            print("\n".join(lines), flush=True)

    def show_reports(self, result):
        for finding in result.findings:
            if text := report.render(finding, self.options.verbose):
                print(text, end="\n\n", flush=True)

    def show_class(self):
        self.found.sort(key=lambda data: data["folder"])
        hint = "\nTo see the reports on a folder, check it by itself, or give --out DIR."
        report.show_class(self.found, "" if self.results else hint)


def main():
    """Check the folders given on the command line; return the exit status."""
    parser = build_parser()
    options = parser.parse_args()
    validate(parser, options)
    for stream in sys.stdout, sys.stderr:  # their encoding may lack a character
        stream.reconfigure(errors="backslashreplace")
    prefix, why_not, jobs = [], "--no-sandbox", options.jobs
    if not options.no_sandbox:
        prefix, why_not = sandbox.command()
    if why_not:
        print(NOT_LOCKED_IN.format(why_not, options.port or "any"), file=sys.stderr)
    if why_not and options.port:
        wait_for_port(parser, options.port)
        jobs = 1
    try:
        grading = Grading(options)
        try:
            status = grading.run(prefix, jobs)
        except KeyboardInterrupt:
            status = 130
    except BrokenPipeError:  # nobody reads on, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if not options.out:
            raise
        print(f"The results cannot be written: {error}", file=sys.stderr)
        return COULD_NOT_WRITE
    if grading.is_class:
        grading.show_class()
    return status


if __name__ == "__main__":
    # Clean up on ^C (even if a shell has us ignore it), at a time limit, and on a hangup.
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
