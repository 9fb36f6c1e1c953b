"""`python -m tests.grader`: its arguments, one folder, and a class of them."""

import csv
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from ..course import OURS, TASKS
from ..harness.console import Console
from ..harness.servers import free_port
from . import sandbox
from .__main__ import build_parser, validate
from .testing import GRADER, HANGS, grade, solution, verdicts_on

pytestmark = pytest.mark.timeout(300)
SCRIPT = "1_redis_op.py"
RIGHT = (OURS / SCRIPT).read_text()
CONNECTS = "0_redis_client.py"


def one_script(folder, text=RIGHT):
    """A folder with the script of task 2."""
    return solution(folder, {SCRIPT: text})


def keep_private(folder):
    """Give a folder to another user, who lets nobody read it but root, if it is root who tests."""
    if os.geteuid() == 0:
        for path, mode in (folder / SCRIPT, 0o600), (folder, 0o700):
            os.chown(path, 12345, 12345)
            path.chmod(mode)
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
    "arguments, said",
    [
        (["nowhere"], "there is no folder nowhere"),
        ([".", "--task", "12"], "invalid choice: '12'"),
        ([".", "--server", "x"], "invalid choice: 'x'"),
        ([".", "-j", "0"], "0 is no number from 1"),
        ([".", "--csv", "no/where.csv"], "No such file or directory: 'no/where.csv'"),
        ([".", "--port", "70000"], "70000 is no port"),
        ([".", "--points", "README.md"], "Expecting value"),
        ([], "required: DIR"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(capsys, arguments, said):
    parser = build_parser()
    with pytest.raises(SystemExit) as ended:
        validate(parser, parser.parse_args(arguments))
    [line] = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and said in line


def test_a_port_that_is_taken_is_told_in_one_line(taken):
    done = grade(".", "--no-sandbox", f"--port={taken}")
    assert (done.returncode, done.stdout) == (4, "")
    line = done.stderr.splitlines()[-1]  # before it, that another grader was at work
    assert "is taken. Stop the server there (redis-cli" in line and "or give --port 0" in line


def test_our_own_scripts_pass_and_every_check_is_made():
    done = grade(OURS, "--port=0")
    assert done.stderr == "" and "was not made" not in done.stdout, done.stdout
    assert done.stdout.endswith("\nAll tasks passed.\n"), done.stdout


def test_a_grader_that_breaks_outside_of_a_check_says_where(tmp_path):
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    folder, found = one_script(tmp_path / "right"), tmp_path / "found.json"
    done = grade(folder, "--task=2", "--port=0", "-v", f"--json={found}", PATH=path)
    assert done.returncode == 1
    assert "The grader itself RuntimeError: redis-server has ended.\n" in done.stdout
    [task] = json.loads(found.read_text())["folders"][0]["tasks"]
    for text in done.stdout, task["trace"]:
        assert re.search(r'File ".*/harness/servers.py", line \d+, in is_up', text), text


def test_one_folder_without_namespaces(tmp_path):
    """A report for what is wrong, a table of all, and a line that says why it is not sandboxed."""
    refuses = tmp_path / "unshare"
    refuses.write_text("#!/bin/sh\necho not allowed here >&2\nexit 1\n")
    refuses.chmod(0o755)
    wrong = (OURS / CONNECTS).read_text().replace("connected to the", "on the")
    folder = keep_private(solution(tmp_path / "a student's", {CONNECTS: wrong, SCRIPT: RIGHT}))
    port = str(free_port())
    done = grade(folder, "--port", port, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 1, done.stdout + done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("Not in a network of their own (not allowed here): one folder after")

    report, table = done.stdout.split("\n\n", 1)
    assert report.startswith("Task 1, 0_redis_client.py: ")
    *rows, _, mend_first = table.splitlines()
    outcomes = [row.split()[-3] for row in rows]
    assert outcomes == ["passed", "failed", "passed"] + ["missing"] * (len(TASKS) - 3)
    assert mend_first.startswith("To mend first: task 1, 0_redis_client.py. ")
    command = shlex.split(mend_first.split("alone: ")[1])
    assert command[:3] == ["python", "-m", "tests.grader"]
    options = build_parser().parse_args(command[3:])
    assert (options.folders, options.task, options.port) == ([str(folder)], "1", int(port))


def test_a_class(tmp_path):
    right = keep_private(one_script(tmp_path / "=right, 'ю'\n"))
    wrong = one_script(tmp_path / "wrong", "print('Reply')\n")
    (tmp_path / "empty").mkdir()
    inner = one_script(tmp_path / "deeper" / "0x03").parent
    # One of them twice: it is judged once.
    folders = [right, wrong, tmp_path / "empty", inner, f"{wrong}/", tmp_path / "no"]
    csv_file, xml, reports = tmp_path / "x.csv", tmp_path / "x.xml", tmp_path / "reports"
    found, points = tmp_path / "found.json", tmp_path / "points.json"
    points.write_text('{"1_redis_op.py": 2.5}')
    files = f"--csv={csv_file}", f"--junitxml={xml}", f"--reports={reports}", f"--json={found}"
    done = grade(*folders, "--task=2", "--port=0", f"--points={points}", *files)
    assert (done.returncode, done.stderr) == (1, ""), done.stdout

    rows = rows_of(csv_file)
    assert rows["wrong"].pop("first").startswith("Task 2, 1_redis_op.py: ")
    columns = SCRIPT, "passed", "first"
    assert {name: [row.get(column) for column in columns] for name, row in rows.items()} == {
        "./=right, 'ю'\n": ["passed", "1", ""],
        "wrong": ["failed", "0", None],
        "empty": ["missing", "0", "has none of the scripts"],
        "deeper": ["passed", "1", "in 0x03"],
        "no": ["missing", "0", "there is no such folder"],
    }
    assert float(rows["wrong"]["seconds"]) > 0 == float(rows["empty"]["seconds"])

    suites = {suite.get("name"): suite for suite in ElementTree.parse(xml).getroot()}
    assert suites.keys() == rows.keys()
    [case] = suites["wrong"]
    assert "1_redis_op.py: " in case.find("failure").text
    assert case.get("classname") == SCRIPT and case.get("name").startswith("shows the ")
    assert suites["no"].find("*/error").get("message") == "there is no such folder"

    in_json = json.loads(found.read_text())["folders"]
    assert {one["folder"] for one in in_json} == rows.keys() and len(in_json) == len(rows)
    [passed], [failed], [missing] = [one["tasks"] for one in in_json[:3]]
    assert (failed["status"], failed["points"], failed["max_points"]) == ("failed", 0, 2.5)
    assert failed["report"].startswith(f"Task 2, 1_redis_op.py: {failed['headline']}")
    assert passed["points"] == 2.5 and missing["status"] == "missing"
    # README's lines for Gradescope.
    [code] = re.findall(r"```python\n(.*?)```", (OURS / "tests/README.md").read_text(), re.DOTALL)
    found.write_text(json.dumps({"folders": in_json[1:2]}))
    code = code.replace("/autograder/results/", "")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    [test] = json.loads((tmp_path / "results.json").read_text())["tests"]
    assert (test["name"], test["max_score"]) == ("Task 2: 1_redis_op.py", 2.5)

    assert "Task 2, 1_redis_op.py: " in (reports / "wrong.txt").read_text()
    assert "passed" in (reports / "=right, 'ю'\n.txt").read_text()
    as_done, table = done.stdout.split("\nfolder ")
    assert len(as_done.splitlines()) == len(rows) and "first to mend" in table
    [line] = [line for line in table.splitlines() if line.startswith("wrong ")]
    assert line.split()[:11] == ["wrong", "-", "-", "F", *"-------"]
    assert "2 of 5 passed" in table


@pytest.mark.long
def test_two_graders_on_one_port_wait_for_each_other(tmp_path):
    """And so do the folders of the first."""
    folders = one_script(tmp_path / "right"), one_script(tmp_path / "also")
    options = ["--task=2", "--no-sandbox", f"--port={free_port()}"]
    with Console([*GRADER, *map(str, folders), *options], cwd=OURS) as first:
        first.wait(lambda first: "one folder after the other" in first.stderr)
        second = grade(folders[0], *options)
        assert (first.wait_exit(), second.returncode) == (0, 0), first.stdout + second.stdout
    assert "Another grader is at work: this one waits for its end." in second.stderr


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_what_is_done_and_nothing_else(tmp_path, number):
    table, temporary = tmp_path / "x.csv", tmp_path / "temporary"
    temporary.mkdir()
    folders = one_script(tmp_path / "right"), one_script(tmp_path / "hangs", HANGS)
    command = [*GRADER, *map(str, folders), "--task=2", "--port=0", f"--csv={table}"]
    with Console(command, cwd=OURS, env={"TMPDIR": str(temporary)}) as grader:
        assert grader.wait(lambda grader: "right" in rows_of(table), 20), grader
        grader.signal(number)
        assert grader.wait_exit(5) == 130, grader
        assert grader.processes() == []
        assert list(temporary.iterdir()) == []
        assert "1 of 1 passed" in grader.stdout


IMPORTS = "import tempfile, shutil, os\n"
# Behind what the first check asks for. Outside of a sandbox, the script's parent is its judge.
KILLS = """
if client.get("Holberton") != "School":
    import signal
    os.kill(os.getppid(), signal.SIGKILL)
"""
# A process with a session, a parent and an environment of its own, that outlives its script.
DAEMON = """
import subprocess, sys
command = [sys.executable, "-c", "import time; time.sleep(1000)  # NAME"]
null = subprocess.DEVNULL
subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True, env={})
open("NAME/begun", "w").close()
"""


@pytest.mark.long
@pytest.mark.parametrize("inside", [False, True], ids=["--no-sandbox", "in a sandbox"])
def test_no_folder_ends_the_class(tmp_path, taken, inside):
    """One row says what is the matter with a folder, and the others are judged. In a sandbox, a
    port is free that is taken outside, a script cannot kill its judge, and nothing is left."""
    if inside and not sandbox.command([])[0]:
        pytest.skip("no namespaces on this system")
    private = "passed: " if os.geteuid() == 0 else "cannot be read: Permission denied"
    odd = {  # a script, and what is said of it
        "right": (RIGHT, "passed: "),
        "private": (RIGHT, private),
        "loops": (RIGHT, "has none of the scripts"),
        "empties": (f"{IMPORTS}shutil.rmtree(tempfile.gettempdir())\n{RIGHT}", "passed: "),
        "fills": (f"{IMPORTS}open(tempfile.mkstemp()[1], 'wb').write(bytes(2**28))\n", "OSError"),
        "nested": ("x = " + "-" * 100_000 + "1\n", "is nested too deeply"),
        "kills": (RIGHT + KILLS, "passed: " if inside else "was killed by signal 9"),
    }
    if inside:
        odd["daemon"] = RIGHT + DAEMON.replace("NAME", str(tmp_path)), "passed: "
    folders = {name: one_script(tmp_path / name, text) for name, (text, _) in odd.items()}
    (folders["loops"] / SCRIPT).unlink()
    (folders["loops"] / "dump.rdb").unlink()
    (folders["loops"] / SCRIPT).symlink_to(SCRIPT)
    odd["round"], folders["round"] = (None, "missing: "), tmp_path / "round"
    folders["round"].symlink_to("round")
    folders["private"].chmod(0)
    try:
        where = f"--port={taken}" if inside else "--no-sandbox"
        found = verdicts_on(*folders.values(), "--task=2", where, PYTHONIOENCODING="latin-1")
    finally:
        folders["private"].chmod(0o755)
    assert found.keys() == folders.keys()
    for name, (_, words) in odd.items():
        [task], remark = found[name].tasks.values(), found[name].found["remark"]
        assert words in f"{task['status']}: {task['headline']}{remark}", found[name].text
    assert not list(tmp_path.rglob("__pycache__"))
    assert (tmp_path / "begun").exists() == inside
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert f"# {tmp_path}" not in processes.stdout
