"""The grader's front door: `python -m tests.grader DIR` judges the scripts in a folder."""

import argparse
import shlex
import signal
import sys
from pathlib import Path

from ..course import TASKS
from ..harness.servers import KINDS, REDIS_SERVER, is_free
from .judge import judge

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
        epilog="Exit status: 0 all passed; 1 something failed; 2 wrong arguments; 4 no port.",
    )
    parser.add_argument("folder", metavar="DIR", type=folder, help="where the scripts lie")
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
    parser.add_argument("--junitxml", metavar="FILE", help="write a file for a grading system")
    options = parser.parse_args(arguments)
    options.servers = list(KINDS) if options.server == "all" else [options.server]
    if "redis-server" in options.servers and not REDIS_SERVER:
        parser.error(f"--server {options.server}: there is no redis-server on this machine")
    if options.port and not is_free(options.port):
        parser.exit(4, TAKEN.format(port=options.port) + "\n")
    options.again = f"python -m tests.grader {shlex.quote(str(options.folder))}"
    if options.port != 6379:
        options.again += f" --port {options.port}"
    return options


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")  # one line, without the usage


def folder(name):
    path = Path(name).resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {name}")
    return path


def stop(number, frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    for number in signal.SIGTERM, signal.SIGHUP:  # a time limit: leave nothing behind
        signal.signal(number, stop)
    signal.signal(signal.SIGINT, stop)  # even if a shell has us ignore it
    sys.exit(judge(options_of()))
