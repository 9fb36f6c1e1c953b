"""`python -m tests.grader`: its arguments, one folder, a class of folders, and what it writes."""

import csv
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from ..course import OURS, TASKS
from ..harness.console import Console
from ..harness.servers import free_port
from .__main__ import build_parser, validate
from .testing import GRADER, HANGS, errors_of, grade, solution, verdicts_in, verdicts_on

pytestmark = pytest.mark.timeout(300)
PAGE = (OURS / "tests/grader/README.md").read_text()
SCRIPT = "1_redis_op.py"
RIGHT = (OURS / SCRIPT).read_text()
CONNECTS = "0_redis_client.py"
SCRIPTS = [task.script for task in TASKS]
# Files in folders that nobody hands in.
HIDDEN = [f"{place}/{SCRIPT}" for place in (".trash", "node_modules/x", "env")] + ["env/pyvenv.cfg"]


def one_script(folder, text=RIGHT):
    """Make a folder with the script of task 2; return it."""
    return solution(folder, {SCRIPT: text})


def keep_private(folder):
    """If root runs the tests, give a folder to another user, who lets only root read it."""
    if os.geteuid() == 0:
        for path, mode in (folder / SCRIPT, 0o600), (folder, 0o700):
            os.chown(path, 12345, 12345)
            path.chmod(mode)
    return folder


def rows_of(place):
    """Return the rows of class.csv by folder; none if it is not there yet."""
    table = place / "class.csv"
    lines = table.read_text("utf-8").splitlines(keepends=True) if table.exists() else []
    return {row["folder"]: row for row in csv.DictReader(lines)}


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["nowhere"], "there is no folder nowhere"),
        ([".", "--task", "12"], "'12' is not a task"),
        ([".", "--task", "3-x"], "'3-x' is not a task"),
        ([".", "--server", "x"], "invalid choice: 'x'"),
        ([".", "-j", "0"], "0 is not a positive number"),
        ([".", "--port", "70000"], "70000 is not a port"),
        ([".", "--points", "README.md"], "Expecting value"),
        ([".", "--changed"], "--changed needs --out"),
        ([], "required: DIR"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(capsys, arguments, said):
    parser = build_parser()
    with pytest.raises(SystemExit) as ended:
        validate(parser, parser.parse_args(arguments))
    [line] = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and said in line


def test_a_port_that_is_taken_is_told_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = grade(".", "--no-sandbox", f"--port={port}")
    assert (done.returncode, done.stdout) == (4, "")
    line = done.stderr.splitlines()[-1]  # one before may name another grader
    assert "is taken. Stop the server there (redis-cli" in line and "or give --port 0" in line


def test_our_own_scripts_pass_and_every_check_is_made():
    done = grade(OURS, "--port=0")
    assert errors_of(done) == [] and "not fully checked" not in done.stdout, done.stdout
    assert done.stdout.endswith("\nAll tasks passed.\n"), done.stdout


def test_a_grader_that_breaks_outside_of_a_check_says_where(tmp_path):
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    folder, out = one_script(tmp_path / "right"), tmp_path / "out"
    done = grade(folder, "--task=2", "--port=0", "-v", "--no-sandbox", f"--out={out}", PATH=path)
    assert done.returncode == 3
    assert "The grader itself failed: RuntimeError: redis-server has ended.\n" in done.stdout
    for text in done.stdout, verdicts_in(out)["right"].tasks[SCRIPT]["trace"]:
        assert re.search(r'File ".*/harness/servers.py", line \d+, in is_up', text), text


def test_one_folder_without_namespaces(tmp_path):
    """It shows a report on what is wrong, a table, and a line that says why there is no sandbox."""
    refuses = tmp_path / "unshare"
    refuses.write_text("#!/bin/sh\necho not allowed here >&2\nexit 1\n")
    refuses.chmod(0o755)
    wrong = (OURS / CONNECTS).read_text().replace("connected to the", "on the")
    folder = keep_private(solution(tmp_path / "a student's", {CONNECTS: wrong, SCRIPT: RIGHT}))
    port = str(free_port())
    done = grade(folder, "--port", port, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.splitlines()[0].startswith(
        "Not in a sandbox (not allowed here): scripts can reach your files"
    )
    *reports, table, fix_first = done.stdout.split("\n\n")
    statuses = [row.split()[-3] for row in table.splitlines() if row[0].isdigit()]
    missing = ["missing"] * (len(TASKS) - 3)
    assert statuses == ["passed", "failed", "passed", *missing], done.stdout
    [report] = reports
    assert report.startswith("Task 1, 0_redis_client.py: ")
    assert str(tmp_path) not in report.replace(str(folder), "")
    assert fix_first.startswith("Fix this first: task 1, 0_redis_client.py. ")
    command = shlex.split(fix_first.split("itself: ")[1])
    assert command[:3] == ["python", "-m", "tests.grader"]
    options = build_parser().parse_args(command[3:])
    assert (options.folders, options.task, options.port) == ([str(folder)], ["1"], int(port))


def test_a_class_and_what_is_written_of_it(tmp_path):
    right = keep_private(one_script(tmp_path / "=right, 'ю'\n"))
    wrong = one_script(tmp_path / "wrong", "print('Reply')\n")
    (tmp_path / "empty").mkdir()
    inner = one_script(tmp_path / "deeper" / "0x03" / "src").parents[1]
    # One folder is given twice: it is checked once.
    folders = [right, wrong, tmp_path / "empty", inner, f"{wrong}/", tmp_path / "no"]
    out, points = tmp_path / "out", tmp_path / "points.json"
    points.write_text('{"1_redis_op.py": 2.5}')
    options = "--port=0", f"--points={points}", f"--out={out}"
    done = grade(*folders, "--task=2", *options)
    assert (done.returncode, errors_of(done)) == (1, []), done.stdout
    rows = rows_of(out)
    assert rows["wrong"].pop("remark").startswith("Task 2, 1_redis_op.py: ")
    own = "1 of its scripts is this project's own, byte for byte"
    columns = "task 1", "task 2", "total", "remark"
    assert {name: [row.get(column) for column in columns] for name, row in rows.items()} == {
        "./=right, 'ю'\n": ["", "2.5", "2.5", own],
        "deeper": ["", "2.5", "2.5", f"in 0x03/src; {own}"],
        "empty": ["", "0", "0", "has none of the scripts"],
        "no": ["", "0", "0", "there is no such folder"],
        "wrong": ["", "0", "0", None],
    }
    assert list(rows) == sorted(rows)
    found = verdicts_in(out)
    task = found["wrong"].tasks[SCRIPT]
    assert (task["status"], task["points"], task["max_points"]) == ("failed", 0, 2.5)
    checks = {one["check"]: one["status"] for one in task["checks"]}
    assert checks == {"says so when there is no server": "failed"}
    assert task["report"].startswith(f"Task 2, 1_redis_op.py: {task['headline']}")
    for name, words in ("wrong", task["headline"]), ("=right, 'ю'\n", "All that was checked"):
        text = (out / f"{name}.txt").read_text()
        assert words in text and str(OURS) not in text
    lines, table = done.stdout.split("\nfolder ")
    assert len(lines.splitlines()) == len(rows) and "worst fault" in table
    [line] = [line for line in table.splitlines() if line.startswith("wrong ")]
    assert line.split()[:3] == ["wrong", "F", "0"]  # task 2 alone was chosen
    assert "2 of 5 passed" in table

    # Other tasks of one folder: what was found before stays, for this folder and the others.
    assert grade(wrong, "--task=0,1", *options).returncode == 1
    again = rows_of(out)
    assert list(again) == list(rows) and again["deeper"] == rows["deeper"]
    row = again["wrong"]
    assert [row[f"task {n}"] for n in range(4)] == ["1", "0", "0", ""] and row["total"] == "1"
    # --changed checks only the folder that changed.
    (wrong / SCRIPT).write_text(RIGHT)
    done = grade(*folders, "--task=2", "--changed", *options)
    assert done.stdout.startswith("wrong: 1 passed") and done.stdout.count(" s\n") == 1
    assert rows_of(out)["wrong"]["task 2"] == "2.5" and len(rows_of(out)) == 5


def test_what_is_on_stdout_stays_there_while_a_progress_bar_is_shown(tmp_path, start):
    folders = [str(solution(tmp_path / name, {})) for name in "ab"]
    command = [*GRADER, *folders, "--task=0", "--port=0"]
    grader = start(command, cwd=OURS, screen=True, stdout="pipe")
    grader.expect_exit()
    assert "a: 1 passed" in grader.stdout


def test_results_that_cannot_be_written_end_it_in_one_line(tmp_path):
    folder, out = one_script(tmp_path / "right"), tmp_path / "out"
    out.mkdir()
    (out / "class.csv").mkdir()  # so not even root can replace it
    done = grade(folder, "--task=2", "--port=0", f"--out={out}")
    assert done.returncode == 5
    [line] = errors_of(done)
    assert line.startswith("The results cannot be written: ")
    assert not list(out.glob(".*"))


def test_where_the_scripts_are_is_said(tmp_path):
    cases = {
        "has scripts in 2 folders (a, b)": ["a/1_redis_op.py", "b/1_redis_op.py"],
        "has none of the scripts": [*HIDDEN],
        "has only an archive: unpack work.zip": ["work.zip"],
        "missing, but 1-redis_op.py is there: name it 1_redis_op.py": ["1-redis_op.py"],
        "missing, but 1-redis_op.js is there: name it 1_redis_op.py": ["1-redis_op.js"],
        "missing, but 1_redis_op (1).py is there: name it": ["1_redis_op (1).py"],
        "missing, but 1_redis_op.py.txt is there: name it": ["1_redis_op.py.txt"],
    }
    for number, names in enumerate(cases.values()):
        for name in names:
            path = tmp_path / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    found = verdicts_on(*(tmp_path / str(number) for number in range(len(cases))), "--task=2")
    for number, said in enumerate(cases):
        assert said in found[str(number)].text


def test_a_file_beside_the_script_and_one_that_hides_a_library(tmp_path):
    """Scripts run in a copy of their folder: they find its files, and change only the copy."""
    reads = "import os\nassert open('data.txt').read() == 'x'\nos.remove('data.txt')\n"
    beside = one_script(tmp_path / "beside", reads + RIGHT)
    (beside / "data.txt").write_text("x")
    hides = one_script(tmp_path / "hides")
    (hides / "redis.py").write_text("")
    found = verdicts_on(beside, hides, "--task=2")
    assert found["beside"].statuses == {SCRIPT: "passed"}, found["beside"].text
    assert (beside / "data.txt").exists()
    hint = found["hides"].tasks[SCRIPT]["hint"]
    assert hint == "redis.py in this folder hides the library of that name: rename it."


def test_the_recipe_for_gradescope(tmp_path):
    out = tmp_path / "found"
    folder = one_script(tmp_path / "submission" / "work", "print('Reply')\n").parent
    grade(folder, "--task=2", "--port=0", f"--out={out}")
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    code = code.replace("/autograder/results/", "")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    results = json.loads((tmp_path / "results.json").read_text())
    [test] = results["tests"]
    assert (test["name"], test["score"], test["max_score"]) == ("Task 2: 1_redis_op.py", 0, 1)
    assert results["output"] == "in work" and test["output"].startswith("Task 2, ")


@pytest.mark.parametrize(
    "handed_in, status, said",
    [
        ([], 1, "has none of the scripts"),
        (["homework/0_redis_client.py"], 0, "in homework"),
        ([*(f"{name}" for name in SCRIPTS)], 0, "10 of its scripts are this project's own"),
    ],
    ids=["nothing", "in a subfolder", "complete"],
)
def test_the_recipe_for_github_classroom(tmp_path, handed_in, status, said):
    """In the student's repository, this project is in .grader."""
    [command] = re.findall(r"command: env -C \.grader python (.*)", PAGE)
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".pytest_cache", ".ruff_cache")
    shutil.copytree(OURS, tmp_path / ".grader", ignore=ignored)
    for name in handed_in:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(OURS / os.path.basename(name), tmp_path / name)
    words = [sys.executable, *command.split(), "--port=0"]
    done = subprocess.run(
        words, cwd=tmp_path / ".grader", capture_output=True, text=True, check=False
    )
    assert (done.returncode, said in done.stdout) == (status, True), done.stdout + done.stderr


@pytest.mark.long
def test_two_graders_on_one_port_wait_for_each_other(tmp_path):
    """The folders of the first one wait for each other, too."""
    folders = one_script(tmp_path / "right"), one_script(tmp_path / "also")
    options = ["--task=2", "--no-sandbox", f"--port={free_port()}"]
    with Console([*GRADER, *map(str, folders), *options], cwd=OURS) as first:
        first.wait(lambda first: "Folders are checked one after the other" in first.stderr)
        second = grade(folders[0], *options)
        assert (first.wait_exit(), second.returncode) == (0, 0), first.stdout + second.stdout
    assert "Another grader is running: this one waits until it ends." in second.stderr


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_interrupted_it_leaves_what_is_done_and_nothing_else(tmp_path, number):
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    folders = one_script(tmp_path / "right"), one_script(tmp_path / "hangs", HANGS)
    command = [*GRADER, *map(str, folders), "--task=2", "--port=0", f"--out={out}"]
    with Console(command, cwd=OURS, env={"TMPDIR": str(temporary)}) as grader:
        assert grader.wait(lambda grader: "right" in rows_of(out), 20), grader
        grader.signal(number)
        killed = number == signal.SIGKILL
        assert grader.wait_exit(5) == (-number if killed else 130), grader
        assert list(verdicts_in(out)) == ["right"]
        if not killed:
            assert grader.processes() == []
            assert list(temporary.iterdir()) == []
            assert "1 of 1 passed" in grader.stdout


@pytest.mark.long
def test_a_class_of_thousands_keeps_its_sandbox(tmp_path):
    names = [tmp_path / f"{'student' * 20}{number}" for number in range(3000)]
    for name in names:
        name.mkdir()
    reason = grade(names[0], "--port=0").stderr
    done = grade(*names, "--port=0")
    assert done.stderr == reason and "0 of 3000 passed" in done.stdout
