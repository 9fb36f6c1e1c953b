"""`python -m tests.grader`: its arguments, and what it prints of a small folder."""

import shutil
import socket
import subprocess
import sys

import pytest

from ..course import OURS, TASKS
from ..harness.console import environment
from .__main__ import options_of


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["nowhere"], "there is no folder nowhere"),
        ([".", "--task", "12"], "invalid choice: '12'"),
        ([".", "--server", "x"], "invalid choice: 'x'"),
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
        options_of([".", f"--port={taken.getsockname()[1]}"])
    assert ended.value.code == 4
    [line] = capsys.readouterr().err.splitlines()
    for words in "is taken", "redis-cli shutdown nosave", "systemctl stop", "--port 0":
        assert words in line


def test_a_report_for_what_is_wrong_and_a_table_of_all(tmp_path):
    right = (OURS / "0_redis_client.py").read_text()
    (tmp_path / "0_redis_client.py").write_text(right.replace("connected to the", "on the"))
    shutil.copy(OURS / "1_redis_op.py", tmp_path)
    command = [sys.executable, "-m", "tests.grader", str(tmp_path), "--port", "0"]
    done = subprocess.run(
        command, cwd=OURS, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    report, table = done.stdout.split("\n\n", 1)
    assert report.startswith("Task 1, 0_redis_client.py: ")
    *rows, _, mend_first = table.splitlines()
    outcomes = [row.split()[-3] for row in rows]
    assert outcomes == ["missing", "failed", "passed"] + ["missing"] * (len(TASKS) - 3)
    assert mend_first.startswith("To mend first: task 0, dump.rdb. ")
