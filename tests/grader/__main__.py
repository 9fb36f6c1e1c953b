"""The grader's front door: `python -m tests.grader DIR ...` judges the scripts in folders."""

import argparse
import fcntl
import json
import os
import shlex
import signal
import sys
import tempfile
from pathlib import Path

from ..course import EDITIONS, TASKS
from ..harness.servers import KINDS, REDIS_SERVER, is_free
from . import sandbox
from .folders import folders_of, judge_all
from .report import escaped, show_class
from .results import SCRIPTS, Result, csv_file, write_json, write_junitxml, write_report

TAKEN = """\
port {}, where most solutions look for Redis, is taken. Stop the server there (redis-cli shutdown \
nosave, or sudo systemctl stop redis-server), or give --port 0 if the scripts read REDIS_URL
"""


def build_parser():
    kind, jobs = "redis-server" if REDIS_SERVER else "fakeredis", 3 * (os.cpu_count() or 1)
    port = "where scripts look for Redis (default: 6379); 0: any port, if they read REDIS_URL"
    many = f"folders judged at a time (default: three for each core, here {jobs})"
    parser = argparse.ArgumentParser(
        prog="python -m tests.grader",
        usage=argparse.SUPPRESS,  # so that an error is one line
        description="Judges dump.rdb and the ten scripts in a folder by what the course asks: "
        "python -m tests.grader DIR [DIR ...]",
        epilog="Exit status: 0 all passed; 1 something failed; 2 wrong arguments; 4 no port; "
        "130 interrupted.",
    )
    option, tasks = parser.add_argument, sorted({task.number for task in TASKS})
    option("folders", metavar="DIR", nargs="+", help="where the scripts lie")
    option("--task", choices=tasks, help="judge one task only")
    option("--edition", choices=EDITIONS, default="holberton", help="of the course")
    option("--server", choices=["all", *KINDS], default=kind, help="the kind of server")
    option("--port", type=int, default=6379, help=port)
    option("-v", "--verbose", action="store_true", help="show whole differences")
    option("-j", "--jobs", type=int, metavar="N", default=jobs, help=many)
    option("--csv", metavar="FILE", help="write a row for each folder")
    option("--json", metavar="FILE", help="write all that was found, for other programs")
    option("--points", metavar="FILE", help="JSON with the points of scripts (default: 1 each)")
    option("--junitxml", metavar="FILE", help="write a testsuite for each folder")
    option("--reports", metavar="DIR", help="write each folder's reports to NAME.txt")
    option("--no-sandbox", action="store_true", help="judge outside of a network of their own")
    return parser


def validate(parser, options):
    """End with one line, and status 2, if the command line is wrong."""
    if options.server != "fakeredis" and not REDIS_SERVER:
        parser.error(f"--server {options.server}: there is no redis-server on this machine")
    if options.port not in range(65536):
        parser.error(f"argument --port: {options.port} is no port")
    if options.jobs < 1:
        parser.error(f"argument -j/--jobs: {options.jobs} is no number from 1")
    if len(options.folders) == 1 and not os.path.isdir(options.folders[0]):
        parser.error(f"there is no folder {options.folders[0]}")
    try:
        points_of(options.points)
        if options.reports:
            Path(options.reports).mkdir(parents=True, exist_ok=True)
        for file in filter(None, [options.csv, options.json, options.junitxml]):
            open(file, "a").close()
    except (OSError, ValueError) as error:
        parser.error(str(error))


def points_of(file):
    """The points of each script: those that a file gives, else 1."""
    points = dict.fromkeys(SCRIPTS, 1)
    given = json.loads(Path(file).read_text()) if file else {}
    if not isinstance(given, dict) or not given.keys() <= points.keys():
        raise ValueError(f"{file} is no JSON object with points for {', '.join(SCRIPTS)}")
    return points | given


def wait_for_port(parser, port):
    """Wait for another grader's end, and see that the port is free. The lock, on the temporary
    folder itself, is ours until this process ends."""
    lock = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another grader is at work: this one waits for its end.", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)
    if not is_free(port):
        parser.exit(4, TAKEN.format(port))


def main():
    """Judge the folders of the command line; return the exit status."""
    parser = build_parser()
    options = parser.parse_args()
    validate(parser, options)
    for stream in sys.stdout, sys.stderr:  # which may have an encoding that lacks a character
        stream.reconfigure(errors="backslashreplace")
    folders = folders_of(options.folders)
    prefix, why_not, jobs = [], "--no-sandbox", options.jobs
    if not options.no_sandbox:
        files = [one.path / script for one in folders if one.path for script in SCRIPTS]
        prefix, why_not = sandbox.command(file for file in files if os.access(file, os.R_OK))
    if why_not and options.port:
        wait_for_port(parser, options.port)
        jobs = 1
        text = f"Not in a network of their own ({why_not}): one folder after the other on port"
        print(f"{text} {options.port}; side by side with --port 0.", file=sys.stderr)
    scripts = [task.script for task in TASKS if options.task in (None, task.number)]
    servers = list(KINDS) if options.server == "all" else [options.server]
    how = [] if options.port == 6379 else ["--port", str(options.port)]
    how += [] if options.edition == "holberton" else ["--edition", options.edition]

    def prepare(folder):
        """The command that judges a folder, and its Result."""
        command = [*prefix, sys.executable, "-m", "tests.grader.judge", str(folder.path), *how]
        command += ["--started-in", os.getcwd()]
        command += ["--servers", ",".join(servers), "--scripts", ",".join(scripts)]
        again = shlex.join(["python", "-m", "tests.grader", folder.given, *how])
        return command, Result(folder, scripts, again, options.verbose)

    def show_found(result, finding):
        if alone and (text := result.report(finding)):
            print(text, end="\n\n", flush=True)

    def show_done(result):
        done = f"{escaped(result.folder.name)}: {result.count} passed, {result.seconds:.1f} s"
        print(result.summary() if alone else done, flush=True)

    results, alone = [], len(folders) == 1
    with csv_file(options.csv) as rows:
        try:
            for result in judge_all(folders, prepare, jobs, show_found):
                results.append(result)
                show_done(result)
                rows.writerow(result.row)
                if options.reports:
                    write_report(options.reports, result)
            status = int(not all(result.passed for result in results))
        except KeyboardInterrupt:
            status = 130
    results.sort(key=lambda result: folders.index(result.folder))
    if not alone:
        hint = "\nTo see a folder's reports, judge it alone, or give --reports DIR."
        show_class(results, "" if options.reports else hint)
    if options.json:
        write_json(options.json, results, points_of(options.points))
    if options.junitxml:
        write_junitxml(options.junitxml, results)
    return status


if __name__ == "__main__":
    # ^C, even if a shell has us ignore it, and the end of a time limit: nothing is left behind.
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
