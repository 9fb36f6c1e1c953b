"""The walkthrough: what it shows, and what it says when it cannot go on."""

import os
import shutil
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from ..course import OURS, TASKS, transcript
from ..harness.servers import FakeServer
from ..harness.waiting import wait_until
from .__main__ import main

PICTURE = Path(__file__).with_name("walkthrough.svg")
LONG = 60  # seconds, for a busy machine


@pytest.fixture
def play(start):
    """Call play(...) to run the walkthrough in its own process. Other tests run it in this one."""

    def play(*options, columns=100, cwd=OURS, stdout="pipe"):
        command = [sys.executable, "-m", "tests.walkthrough", *options]
        return start(command, env={"COLUMNS": str(columns)}, cwd=cwd, stdout=stdout)

    return play


@pytest.fixture(autouse=True)
def no_database(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.mark.parametrize(
    "task, said", [("10", "invalid choice: '10'"), ("0", "holds other data, which this would")]
)
def test_a_wrong_task_and_a_database_with_other_data_are_refused(monkeypatch, capsys, task, said):
    with FakeServer() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        server.client.set("theirs", "x")
        with pytest.raises(SystemExit) as ended:
            main(["--task", task])
        assert sorted(server.client.keys()) == [b"Holberton", b"theirs"]
    stdout, stderr = capsys.readouterr()
    assert (ended.value.code, stdout, stderr.count("\n")) == (2, "", 1) and said in stderr


def test_a_picture_is_made_and_an_empty_database_is_left_as_in_task_0(monkeypatch, tmp_path):
    made = tmp_path / "picture.svg"
    with FakeServer() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        server.client.flushall()
        assert main(["--task", "2", "--svg", str(made)]) == 0
        assert server.client.keys() == [b"Holberton"]
    for picture, scripts in (made, ["1_redis_op"]), (PICTURE, ["5_subscriber", "5_publisher"]):
        texts = ElementTree.parse(picture).getroot().itertext()
        texts = [text.replace("\xa0", " ").strip() for text in texts]
        for line in [line for script in scripts for line in transcript(script)]:
            assert line in texts


def test_ctrl_c_is_told_of_in_a_line_and_leaves_no_process(play):
    console = play("--task", "1")
    scripts = wait_until(psutil.Process(console.process.pid).children)
    time.sleep(0.2)  # let the script get to its second attempt
    console.type("\x03")
    console.expect_exit(130, timeout=LONG)
    assert console.stderr == "The walkthrough was stopped.\n"
    _, left = psutil.wait_procs(scripts, timeout=5)
    assert left == []


def test_a_closed_pipe_ends_it_without_a_traceback(play):
    reader, writer = os.pipe()
    os.close(reader)
    console = play("--task", "0", stdout=writer)
    os.close(writer)
    console.expect_exit(1, timeout=LONG)
    assert console.stderr == ""


def test_a_wrong_script_fails_and_its_difference_is_shown(play, tmp_path):
    """The window is narrow, so one terminal is below the other."""
    told = transcript("5_publisher")[1]
    wrong = told.replace("About to send ", "Sends ")
    shutil.copytree(OURS / "tests", tmp_path / "tests")
    shutil.copy(OURS / "dump.rdb", tmp_path)
    for script in OURS.glob("5_*.py"):
        text = script.read_text().replace("About to send ", "Sends ")
        (tmp_path / script.name).write_text(text)
    console = play("--task", "5", cwd=tmp_path, columns=60)
    console.expect_exit(1, timeout=LONG)
    assert f"│ {wrong} " in console.stdout
    assert f"\n-{told}\n" in console.stdout and f"\n+{wrong}\n" in console.stdout
    assert "│ failed" in console.stdout
    tops = [line for line in console.lines if "─ Terminal" in line]
    assert [line[3:13] for line in tops] == ["Terminal 1", "Terminal 2"]


def test_each_task_is_played_and_passes(play):
    """The window is wide, so no line is broken, and two terminals are side by side."""
    whole = play(columns=200)
    whole.expect_exit(0, timeout=LONG)
    assert whole.stderr == ""
    for number, title, script in TASKS:
        assert f"Task {number}: {title}" in whole.lines
        row = next(line for line in whole.lines if line.startswith(f"│ {number} "))
        assert title in row and "│ passed " in row
        if script != "dump.rdb":
            assert f"│ $ python {script} " in whole.stdout
            for line in transcript(Path(script).stem):
                assert f"│ {line} " in whole.stdout
    assert whole.stdout.count("connect ECONNREFUSED") == 3
    assert whole.stdout.count("│ ^C ") == 3
    tops = [line for line in whole.lines if "─ Terminal" in line]
    assert [line.count("─ Terminal") for line in tops] == [1, 1, 1, 1, 2, 2, 2]
