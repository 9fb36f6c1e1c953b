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

TAKEN = """\
port {}, where most solutions look for Redis, is taken. Stop the server there (redis-cli shutdown \
nosave, or sudo systemctl stop redis-server), or give --port 0 if the scripts read REDIS_URL
"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")  # one line, without the usage


def options_of(arguments=None):
    """Read the command line. If it is wrong: one line, and status 2 (4: the port is taken)."""
    parser = Parser(
        prog="python -m tests.grader",
        description="Judges dump.rdb and the ten scripts in a folder by what the course asks.",
        epilog="Exit status: 0 all passed; 1 something failed; 2 wrong arguments; 4 no port; "
        "130 interrupted.",
    )
    kind = "redis-server" if REDIS_SERVER else "fakeredis"
    parser.set_defaults(server=kind, port=6379, jobs=3 * (os.cpu_count() or 1))
    add = parser.add_argument
    add("folders", metavar="DIR", nargs="+", help="where the scripts lie")
    add("--task", choices=sorted({task.number for task in TASKS}), help="judge one task only")
    add("--server", choices=["all", *KINDS], help="the kind of server (default: %(default)s)")
    text = (
        "where scripts look for Redis; 0: any port, if they read REDIS_URL (default: %(default)s)"
    )
    add("--port", type=int, help=text)
    add("--strict", action="store_true", help="ask also what this project asks of itself")
    add("-v", "--verbose", action="store_true", help="show whole differences")
    text = "folders judged at a time (default: three for each core, here %(default)s)"
    add("-j", "--jobs", type=int, metavar="N", help=text)
    add("--csv", metavar="FILE", help="write a row for each folder")
    add("--junitxml", metavar="FILE", help="write a file for a grading system")
    add("--reports", metavar="DIR", help="write each folder's reports to NAME.txt")
    add("--no-sandbox", action="store_true", help="judge outside of a network of their own")
    options = parser.parse_args(arguments)
    options.scripts = [task.script for task in TASKS if options.task in (None, task.number)]
    options.servers = list(KINDS) if options.server == "all" else [options.server]
    if "redis-server" in options.servers and not REDIS_SERVER:
        parser.error(f"--server {options.server}: there is no redis-server on this machine")
    if options.port not in range(65536):
        parser.error(f"argument --port: {options.port} is no port")
    if options.jobs < 1:
        parser.error(f"argument -j/--jobs: {options.jobs} is no number from 1")
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
            parser.exit(4, TAKEN.format(options.port))
        options.jobs = 1
        text = f"Not in a network of their own ({why_not}): one folder after the other on port"
        print(f"{text} {options.port}; side by side with --port 0.", file=sys.stderr)
    return options


def main():
    """Judge the folders of the command line; return the exit status."""
    options = options_of()
    sys.stdout.reconfigure(errors="surrogateescape")  # a folder may have any name
    folders = folders_of(options.folders)
    results = []
    with Screen(folders, options) as screen, csv_file(options.csv) as rows:
        try:
            for result in judged(folders, options, screen.show_running):
                results.append(result)
                screen.show_done(result)
                rows.writerow(result.row)
                if options.reports:
                    result.write_reports(options.reports)
            status = int(not all(result.passed for result in results))
        except KeyboardInterrupt:
            status = 130
    results.sort(key=lambda result: folders.index(result.folder))
    screen.show_table(results)
    if options.junitxml:
        write_junitxml(options.junitxml, results)
    return status


if __name__ == "__main__":
    # ^C, even if a shell has us ignore it, and the end of a time limit: nothing is left behind.
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
