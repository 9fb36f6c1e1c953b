"""`python -m tests.grader`: its arguments, one folder, and a class of them."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from ..course import OURS, TASKS
from ..harness.console import Console, environment
from ..harness.servers import free_port
from . import sandbox
from .__main__ import build_parser, validate

sandboxed = pytest.mark.skipif(not sandbox.command([])[0], reason="no namespaces on this system")
pytestmark = pytest.mark.timeout(300)
GRADER = [sys.executable, "-m", "tests.grader"]
HANGS = "import time\ntime.sleep(1000)\n"
RIGHT = (OURS / "1_redis_op.py").read_text()
KILLS = f"""{RIGHT}
if client.get("Holberton") != "School":  # so it passes the first check
    import signal
    os.kill(os.getppid(), signal.SIGKILL)
"""


def grade(*arguments, **settings):
    """Run the grader, with these settings in its environment."""
    command, env = [*GRADER, *map(str, arguments)], environment(**settings)
    return subprocess.run(command, cwd=OURS, env=env, capture_output=True, text=True, check=False)


def solution(place, name, text=RIGHT):
    """A folder with a 1_redis_op.py."""
    folder = place / "class" / name
    folder.mkdir(parents=True)
    (folder / "1_redis_op.py").write_text(text)
    return folder


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def rows_of(path):
    """The rows of a CSV file, by folder; of one that is not there yet: none."""
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    return {row["folder"]: row for row in csv.DictReader(lines)}


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["nowhere"], 2, "there is no folder nowhere"),
        ([".", "--task", "12"], 2, "invalid choice: '12'"),
        ([".", "--server", "x"], 2, "invalid choice: 'x'"),
        ([".", "-j", "0"], 2, "0 is no number from 1"),
        ([".", "--csv", "no/where.csv"], 2, "No such file or directory: 'no/where.csv'"),
        ([".", "--port", "70000"], 2, "70000 is no port"),
        ([".", "--points", "README.md"], 2, "Expecting value"),
        ([], 2, "required: DIR"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(capsys, arguments, status, said):
    parser = build_parser()
    with pytest.raises(SystemExit) as ended:
        validate(parser, parser.parse_args(arguments))
    assert ended.value.code == status
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_port_that_is_taken_is_told_in_one_line(taken):
    done = grade(".", "--no-sandbox", f"--port={taken}")
    assert done.returncode == 4 and done.stdout == ""
    line = done.stderr.splitlines()[-1]  # before it, that another grader was at work
    assert "is taken. Stop the server there (redis-cli" in line and "or give --port 0" in line


def test_two_graders_on_one_port_wait_for_each_other(tmp_path):
    port, folder = free_port(), solution(tmp_path, "right")
    command = [*GRADER, str(folder), "--task=2", "--no-sandbox", f"--port={port}"]
    with Console(command, cwd=OURS) as first:
        first.wait(lambda first: "one folder after the other" in first.stderr)
        second = grade(folder, "--task=2", "--no-sandbox", f"--port={port}")
        assert (first.wait_exit(), second.returncode) == (0, 0)
    assert "Another grader is at work: this one waits for its end." in second.stderr


def test_a_report_for_what_is_wrong_and_a_table_of_all(tmp_path):
    folder = solution(tmp_path, "one")
    right = (OURS / "0_redis_client.py").read_text()
    (folder / "0_redis_client.py").write_text(right.replace("connected to the", "on the"))
    done = grade(folder, "--port=0")
    assert (done.returncode, done.stderr) == (1, "")
    report, table = done.stdout.split("\n\n", 1)
    assert report.startswith("Task 1, 0_redis_client.py: ")
    *rows, _, mend_first = table.splitlines()
    outcomes = [row.split()[-3] for row in rows]
    assert outcomes == ["missing", "failed", "passed"] + ["missing"] * (len(TASKS) - 3)
    assert mend_first.startswith("To mend first: task 0, dump.rdb. ")


def test_a_class(tmp_path):
    right, wrong = (
        solution(tmp_path, "=right, 'ю'\n"),
        solution(tmp_path, "wrong", "print('Reply')\n"),
    )
    (tmp_path / "empty").mkdir()
    inner = solution(tmp_path, "deeper/0x03").parent
    xml, table, reports = tmp_path / "x.xml", tmp_path / "x.csv", tmp_path / "reports"
    points = tmp_path / "points.json"
    points.write_text('{"1_redis_op.py": 2.5}')
    files = f"--csv={table}", f"--junitxml={xml}", f"--reports={reports}"
    files += f"--json={tmp_path / 'x.json'}", f"--points={points}"
    folders = [right, wrong, tmp_path / "empty", inner, f"{wrong}/", tmp_path / "no"]
    done = grade(*folders, "--task=2", "--port=0", *files)
    assert (done.returncode, done.stderr) == (1, "")

    rows = rows_of(table)
    assert rows["wrong"].pop("first").startswith("Task 2, 1_redis_op.py: ")
    columns = "1_redis_op.py", "passed", "first"
    assert {name: [row.get(column) for column in columns] for name, row in rows.items()} == {
        "./=right, 'ю'\n": ["passed", "1", ""],
        "wrong": ["failed", "0", None],
        "empty": ["missing", "0", "has none of the scripts"],
        "deeper": ["passed", "1", "in 0x03"],
        f"{wrong}/": ["not run", "0", "given twice, see wrong"],
        "no": ["missing", "0", "there is no such folder"],
    }
    assert float(rows["wrong"]["seconds"]) > 0 == float(rows["empty"]["seconds"])

    suites = {suite.get("name"): suite for suite in ElementTree.parse(xml).getroot()}
    assert suites.keys() == rows.keys()
    [case] = suites["wrong"]
    assert "1_redis_op.py: " in case.find("failure").text
    assert case.get("classname") == "1_redis_op.py" and case.get("name").startswith("shows the ")

    found = json.loads((tmp_path / "x.json").read_text())["folders"]
    assert {one["folder"] for one in found} == rows.keys() and len(found) == len(folders)
    [task] = found[1]["tasks"]
    assert (task["status"], task["points"], task["max_points"]) == ("failed", 0, 2.5)
    assert task["report"].startswith(f"Task 2, 1_redis_op.py: {task['headline']}")
    # README's lines for Gradescope.
    [code] = re.findall(r"```python\n(.*?)```", (OURS / "tests/README.md").read_text(), re.DOTALL)
    (tmp_path / "found.json").write_text(json.dumps({"folders": found[1:2]}))
    code = code.replace("/autograder/results/", "")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    [test] = json.loads((tmp_path / "results.json").read_text())["tests"]
    assert (test["name"], test["max_score"]) == ("Task 2: 1_redis_op.py", 2.5)
    assert found[0]["tasks"][0]["points"] == 2.5 and found[2]["tasks"][0]["status"] == "missing"
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
def test_interrupted_it_leaves_what_is_done_and_nothing_else(tmp_path, number):
    table, temporary = tmp_path / "x.csv", tmp_path / "temporary"
    temporary.mkdir()
    folders = str(solution(tmp_path, "right")), str(solution(tmp_path, "hangs", HANGS))
    command = [*GRADER, *folders, "--task=2", "--port=0", f"--csv={table}"]
    with Console(command, cwd=OURS, env={"TMPDIR": str(temporary)}) as grader:
        assert grader.wait(lambda grader: "right" in rows_of(table), 20)
        grader.signal(number)
        assert grader.wait_exit(5) == 130
        assert grader.processes() == []
        assert list(temporary.iterdir()) == []
        assert "1 of 1 passed" in grader.stdout


@pytest.mark.long
@pytest.mark.parametrize("where", ["--no-sandbox", pytest.param("--port=0", marks=sandboxed)])
def test_what_a_solution_does_to_its_judge_costs_that_folder_alone(tmp_path, where):
    folders = [solution(tmp_path, "kills", KILLS), solution(tmp_path, "right")]
    grade(*folders, "--task=2", "--port=0", where, f"--csv={tmp_path / 'x.csv'}")
    rows = rows_of(tmp_path / "x.csv")
    assert rows["right"]["1_redis_op.py"] == "passed"
    if where == "--no-sandbox":
        assert rows["kills"]["1_redis_op.py"] == "grader"
        assert "was killed by signal 9" in rows["kills"]["first"]
    else:
        assert rows["kills"]["1_redis_op.py"] == "passed"  # in there it cannot kill its judge


# A process with a session, a parent and an environment of its own, that outlives its script.
DAEMON = """
import subprocess, sys
command = [sys.executable, "-c", "import time; time.sleep(1000)  # NAME"]
null = subprocess.DEVNULL
subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True, env={})
open("NAME/begun", "w").close()
"""


@pytest.mark.long
@sandboxed
def test_in_a_network_of_its_own_a_port_is_free_and_nothing_is_left_behind(tmp_path, taken):
    daemon = solution(tmp_path, "daemon", RIGHT + DAEMON.replace("NAME", str(tmp_path)))
    done = grade(daemon, "--task=2", f"--port={taken}")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "begun").exists()
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert f"# {tmp_path}" not in processes.stdout


def test_without_namespaces_one_line_says_so_and_why(tmp_path):
    refuses = tmp_path / "unshare"
    refuses.write_text("#!/bin/sh\necho not allowed here >&2\nexit 1\n")
    refuses.chmod(0o755)
    folders = solution(tmp_path, "right"), solution(tmp_path, "also")
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = grade(*folders, "--task=2", f"--port={free_port()}", PATH=path)
    assert done.returncode == 0, done.stdout
    line = done.stderr.splitlines()[-1]  # before it, that another grader was at work
    assert line.startswith("Not in a network of their own (not allowed here): one folder after")


PART = "import tempfile, shutil, os\n"
ODD = {  # what a folder's 1_redis_op.py does, and what is said of it
    "empties": (PART + "shutil.rmtree(tempfile.gettempdir())\n" + RIGHT, "passed"),
    "fills": (
        PART + f"open(tempfile.mkstemp()[1], 'wb').write(bytes(2**28))\n{RIGHT}",
        "raised OSError",
    ),
    "nested": ("x = " + "-" * 100_000 + "1\n", "is nested too deeply"),
}


@pytest.mark.long
def test_no_folder_ends_the_class(tmp_path):
    """One row says what is the matter, and the others are judged."""
    folders = [solution(tmp_path, name, text) for name, (text, _) in ODD.items()]
    for name in "loops", "private", "right":
        folders.append(solution(tmp_path, name))
    (folders[-3] / "1_redis_op.py").unlink()
    (folders[-3] / "1_redis_op.py").symlink_to("1_redis_op.py")
    (tmp_path / "round").symlink_to("round")
    folders[-2].chmod(0)
    try:
        with_csv = f"--csv={tmp_path / 'x.csv'}"
        env = {"PYTHONIOENCODING": "latin-1"}
        command = [*GRADER, *map(str, folders), str(tmp_path / "round"), "--task=2", "--port=0"]
        done = subprocess.run(
            [*command, with_csv],
            cwd=OURS,
            env=environment() | env,
            capture_output=True,
            check=False,
        )
    finally:
        folders[-2].chmod(0o755)
    assert (done.returncode, done.stderr) == (1, b"")
    rows = rows_of(tmp_path / "x.csv")
    said = {name: f"{row['1_redis_op.py']}: {row['first']}" for name, row in rows.items()}
    for name, (_, what) in ODD.items():
        assert what in said[name], said
    assert "has none of the scripts" in said["loops"] and "missing" in said["round"]
    private = "passed" if os.geteuid() == 0 else "cannot be read: Permission denied"
    assert private in said["private"] and said["right"] == "passed: ", said
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read what is another's")
@pytest.mark.parametrize("where", ["--no-sandbox", pytest.param("--port=0", marks=sandboxed)])
def test_root_can_judge_what_others_keep_to_themselves(tmp_path, where):
    folder = solution(tmp_path, "private")
    for path, mode in (folder / "1_redis_op.py", 0o600), (folder, 0o700):
        os.chown(path, 12345, 12345)
        path.chmod(mode)
    done = grade(folder, "--task=2", "--port=0", where)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
