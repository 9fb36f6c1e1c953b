"""The grader's front door: `python -m tests.grader DIR ...` judges the scripts in folders."""

import argparse
import os
import signal
import sys
from pathlib import Path

from ..course import TASKS
from ..harness.servers import KINDS, REDIS_SERVER, is_free
from . import sandbox
from .folders import folders_of, judged
from .results import Screen, csv_file, write_junitxml

TAKEN = (
    "port {port}, where most solutions look for Redis, is taken. Stop the server there "
    "(redis-cli shutdown nosave, or sudo systemctl stop redis-server), or give --port 0 if the "
    "scripts read REDIS_URL"
)


def options_of(arguments=None):
    """Read the command line. If it is wrong: one line, and status 2 (4: the port is taken)."""
    parser = Parser(
        prog="python -m tests.grader",
        description="Judges dump.rdb and the ten scripts in a folder by what the course asks.",
        epilog="Exit status: 0 all passed; 1 something failed; 2 wrong arguments; 4 no port; "
        "130 interrupted.",
    )
    parser.add_argument("folders", metavar="DIR", nargs="+", help="where the scripts lie")
    numbers = sorted({task.number for task in TASKS})
    parser.add_argument("--task", choices=numbers, help="judge one task only")
    parser.add_argument(
        "--server",
        choices=["all", *KINDS],
        default="redis-server" if REDIS_SERVER else "fakeredis",
        help="the kind of server (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=6379,
        help="where the scripts look for Redis; 0: any free port, for scripts that read REDIS_URL "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="ask also what this project asks of itself"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show whole differences")
    parser.add_argument(
        "-j", "--jobs", type=positive, metavar="N", default=3 * (os.cpu_count() or 1),
        help="folders judged at a time (default: three for each core, here %(default)s)",
    )  # fmt: skip
    parser.add_argument("--csv", metavar="FILE", help="write a row for each folder")
    parser.add_argument("--junitxml", metavar="FILE", help="write a file for a grading system")
    parser.add_argument("--reports", metavar="DIR", help="write each folder's reports to NAME.txt")
    parser.add_argument(
        "--no-sandbox", action="store_true", help="judge outside of a network of their own"
    )
    options = parser.parse_args(arguments)
    options.servers = list(KINDS) if options.server == "all" else [options.server]
    if "redis-server" in options.servers and not REDIS_SERVER:
        parser.error(f"--server {options.server}: there is no redis-server on this machine")
    if len(options.folders) == 1 and not Path(options.folders[0]).is_dir():
        parser.error(f"there is no folder {options.folders[0]}")
    try:
        if options.reports:
            Path(options.reports).mkdir(parents=True, exist_ok=True)
        for file in filter(None, [options.csv, options.junitxml]):
            open(file, "a").close()
    except OSError as error:
        parser.error(str(error))
    why_not = "--no-sandbox" if options.no_sandbox else sandbox.why_not()
    options.prefix = [] if why_not else sandbox.COMMAND
    if why_not and options.port:
        if not is_free(options.port):
            parser.exit(4, TAKEN.format(port=options.port) + "\n")
        options.jobs = 1
        text = f"Not in a network of their own ({why_not}): one folder after the other on port"
        print(f"{text} {options.port}; side by side with --port 0.", file=sys.stderr)
    return options


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")  # one line, without the usage


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1")
    return int(text)


def stop(number, frame):
    raise KeyboardInterrupt


def main():
    """Judge the folders of the command line; return the exit status."""
    options = options_of()
    sys.stdout.reconfigure(errors="surrogateescape")  # a folder may have any name
    folders = folders_of(options.folders)
    results = {}
    with Screen(folders, options) as screen, csv_file(options.csv) as write_row:
        try:
            for result in judged(folders, options, screen.show_running):
                results[result.folder] = result
                screen.show_done(result)
                write_row(result)
                if options.reports:
                    result.write_reports(options.reports)
            status = int(not all(result.passed for result in results.values()))
        except KeyboardInterrupt:
            status = 130
    done = [results[folder] for folder in folders if folder in results]
    screen.show_table(done)
    if options.junitxml:
        write_junitxml(options.junitxml, done)
    return status


if __name__ == "__main__":
    for number in signal.SIGTERM, signal.SIGHUP:  # a time limit: leave nothing behind
        signal.signal(number, stop)
    signal.signal(signal.SIGINT, stop)  # even if a shell has us ignore it
    sys.exit(main())
