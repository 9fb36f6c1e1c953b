"""`python -m tests.grader`: its arguments, one folder, and a class of them."""

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from ..course import OURS, TASKS
from ..harness.console import Console, environment
from . import sandbox
from .__main__ import options_of

sandboxed = pytest.mark.skipif(bool(sandbox.why_not()), reason="no namespaces on this system")
GRADER = [sys.executable, "-m", "tests.grader"]
KILLS = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
HANGS = "import time\ntime.sleep(1000)\n"
RIGHT = (OURS / "1_redis_op.py").read_text()


def grade(*arguments, env=None):
    command = [*GRADER, *map(str, arguments)]
    return subprocess.run(
        command, cwd=OURS, env=env or environment(), capture_output=True, text=True, check=False
    )


@pytest.fixture
def solution(tmp_path):
    """Call it with a folder's name and, if 1_redis_op.py is not ours, its text."""

    def solution(name, text=RIGHT):
        folder = tmp_path / "class" / name
        folder.mkdir(parents=True)
        (folder / "1_redis_op.py").write_text(text)
        return folder

    return solution


def rows_of(path):
    """The rows of a CSV file, by folder; of one that is not there yet: none."""
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        return {row["folder"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["nowhere"], "there is no folder nowhere"),
        ([".", "--task", "12"], "invalid choice: '12'"),
        ([".", "--server", "x"], "invalid choice: 'x'"),
        ([".", "-j", "0"], "0 is no number from 1"),
        ([".", "--csv", "no/where.csv"], "No such file or directory: 'no/where.csv'"),
        ([], "required: DIR"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        options_of(arguments)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_taken_port_is_told_in_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit) as ended:
        options_of([".", "--no-sandbox", f"--port={taken.getsockname()[1]}"])
    assert ended.value.code == 4
    [line] = capsys.readouterr().err.splitlines()
    for words in "is taken", "redis-cli shutdown nosave", "systemctl stop", "--port 0":
        assert words in line


def test_a_report_for_what_is_wrong_and_a_table_of_all(tmp_path):
    right = (OURS / "0_redis_client.py").read_text()
    (tmp_path / "0_redis_client.py").write_text(right.replace("connected to the", "on the"))
    shutil.copy(OURS / "1_redis_op.py", tmp_path)
    done = grade(tmp_path, "--port=0")
    assert (done.returncode, done.stderr) == (1, "")
    report, table = done.stdout.split("\n\n", 1)
    assert report.startswith("Task 1, 0_redis_client.py: ")
    *rows, _, mend_first = table.splitlines()
    outcomes = [row.split()[-3] for row in rows]
    assert outcomes == ["missing", "failed", "passed"] + ["missing"] * (len(TASKS) - 3)
    assert mend_first.startswith("To mend first: task 0, dump.rdb. ")


def test_a_class(tmp_path, solution):
    right, wrong = solution("=right, 'ю'\n"), solution("wrong", "print('Reply')\n")
    empty = tmp_path / "class" / "empty"
    empty.mkdir()
    inner = solution("deeper/0x03").parent
    xml, table, reports = tmp_path / "x.xml", tmp_path / "x.csv", tmp_path / "reports"
    files = f"--csv={table}", f"--junitxml={xml}", f"--reports={reports}"
    folders = [right, wrong, empty, inner, f"{wrong}/", tmp_path / "no"]
    done = grade(*folders, "--task=2", "--port=0", *files)
    assert (done.returncode, done.stderr) == (1, "")

    rows = rows_of(table)
    found = {name: (row["1_redis_op.py"], row["passed"]) for name, row in rows.items()}
    assert found == {
        "./=right, 'ю'\n": ("passed", "1"),
        "wrong": ("failed", "0"),
        "empty": ("missing", "0"),
        "deeper": ("passed", "1"),
        f"{wrong}/": ("not run", "0"),
        "no": ("missing", "0"),
    }
    assert rows["wrong"]["first"].startswith("Task 2, 1_redis_op.py: ")
    firsts = [rows[name]["first"] for name in ("deeper", f"{wrong}/", "no", "empty")]
    assert firsts == ["in 0x03", "given twice, see wrong", "there is no such folder",
                      "has none of the scripts"]  # fmt: skip
    assert float(rows["wrong"]["seconds"]) > 0 == float(rows["empty"]["seconds"])

    suites = {suite.get("name"): suite for suite in ElementTree.parse(xml).getroot()}
    assert suites.keys() == rows.keys()
    [case] = [case for case in suites["wrong"] if case.find("failure") is not None]
    assert "1_redis_op.py: " in case.find("failure").text and "1_redis_op" in case.get("classname")
    assert suites["no"].find("*/error").get("message") == "there is no such folder"

    assert "Task 2, 1_redis_op.py: " in (reports / "wrong.txt").read_text()
    assert "passed" in (reports / "=right, 'ю'\n.txt").read_text()
    as_done, table = done.stdout.split("\nfolder ")
    assert len(as_done.splitlines()) == len(folders) and "first to mend" in table
    lines = [line for line in table.splitlines() if line.startswith("wrong ")]
    assert lines[0].split()[:11] == ["wrong", "-", "-", "F", *"-------"]
    assert "2 of 6 passed" in table


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_what_is_done_and_nothing_else(tmp_path, solution, number):
    table, temporary = tmp_path / "x.csv", tmp_path / "temporary"
    temporary.mkdir()
    command = [*GRADER, solution("right"), solution("hangs", HANGS), "--task=2", "--port=0"]
    command = [*map(str, command), f"--csv={table}"]
    with Console(command, cwd=OURS, env={"TMPDIR": str(temporary)}) as grader:
        assert grader.wait(lambda grader: "right" in rows_of(table), 20)
        grader.signal(number)
        assert grader.wait_exit(5) == 130
        assert grader.processes() == []
        assert list(temporary.iterdir()) == []
        assert "1 of 1 passed" in grader.stdout


@pytest.mark.long
@pytest.mark.parametrize("where", ["--no-sandbox", pytest.param("--port=0", marks=sandboxed)])
def test_what_a_solution_does_to_its_judge_costs_that_folder_alone(tmp_path, solution, where):
    folders = [solution("kills", KILLS), solution("right")]
    grade(*folders, "--task=2", "--port=0", where, f"--csv={tmp_path / 'x.csv'}")
    rows = rows_of(tmp_path / "x.csv")
    assert rows["right"]["passed"] == "1" and rows["kills"]["passed"] == "0"
    if where == "--no-sandbox":
        assert rows["kills"]["1_redis_op.py"] == "grader"
        assert "was killed by signal 9" in rows["kills"]["first"]


@pytest.mark.long
@sandboxed
def test_a_taken_port_does_not_matter_in_a_network_of_its_own(solution):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = grade(solution("right"), "--task=2", f"--port={taken.getsockname()[1]}")
    assert (done.returncode, done.stderr) == (0, "")


# A process with a session, a parent and an environment of its own, that outlives its script.
DAEMON = """
import os, sys
if os.fork() == 0:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(1000)  # NAME"], {})
"""


@pytest.mark.long
@sandboxed
def test_what_a_script_leaves_behind_is_ended(tmp_path, solution):
    name = str(tmp_path)
    begun = f"open({str(tmp_path / 'begun')!r}, 'w')\n"
    daemon = solution("daemon", RIGHT + DAEMON.replace("NAME", name) + begun)
    assert grade(daemon, "--task=2", "--port=0").returncode == 0
    assert (tmp_path / "begun").exists()
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert f"# {name}" not in processes.stdout


def test_without_namespaces_one_line_says_so_and_why(tmp_path, solution):
    refuses = tmp_path / "unshare"
    refuses.write_text("#!/bin/sh\necho not allowed here >&2\nexit 1\n")
    refuses.chmod(0o755)
    env = environment() | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    done = grade(solution("right"), solution("also"), "--task=2", f"--port={port}", env=env)
    assert done.returncode == 0, done.stdout
    [line] = done.stderr.splitlines()
    assert line.startswith("Not in a network of their own (not allowed here): one folder after")
