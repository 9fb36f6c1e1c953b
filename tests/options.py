"""The grader's options for pytest. The entry point in .grader.dist-info names this module, so that
pytest knows them in this folder before it reads any ini file.

Even so pytest takes the folder after `--scripts` for a place of tests, and with it an ini file of
that folder. So it is started anew, with the folder in the same word and with our own ini file.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVERS = ["fakeredis", "redis-server"]


def pytest_addoption(parser):
    group = parser.getgroup("course", "the course's scripts")
    group.addoption("--scripts", metavar="DIR", help="grade the scripts in DIR")
    group.addoption("--task", metavar="N", help="grade task N only, of 0 to 9")
    group.addoption(
        "--server", choices=["all", *SERVERS], help="the kind of server to run the scripts on"
    )
    group.addoption("--port", type=int, help="where the scripts look for Redis; 0: any free port")


def with_our_ini(arguments):
    """pytest's arguments with --scripts DIR as one word, and our ini file; None: nothing to do."""
    if "--scripts" not in arguments[:-1]:
        return None
    place = arguments.index("--scripts")
    folder = f"--scripts={arguments[place + 1]}"
    ours = ["-c", str(HERE.parent / ".pytest.ini"), "--rootdir", str(HERE.parent)]
    return [*ours, *arguments[:place], folder, *arguments[place + 2 :]]


by_pytest = Path(sys.argv[0]).parent.name == "pytest"
if by_pytest and (arguments := with_our_ini(sys.argv[1:])):
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
