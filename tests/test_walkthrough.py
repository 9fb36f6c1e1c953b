"""The walkthrough: what it shows, in which order, and what it says when it cannot go on."""

import contextlib
import fcntl
import functools
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections import deque
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from .course import TASKS, from_one, transcript
from .servers import REDIS_SERVER, FakeServer, free_port
from .walkthrough import CAUSES, PLAYS, Line, in_order

OURS = Path(__file__).resolve().parent.parent
PICTURE = OURS / "tests" / "walkthrough.svg"
SVG = "{http://www.w3.org/2000/svg}"


def start(*options, columns=80, folder=OURS, command=("-m", "tests.walkthrough"), **others):
    """Start the walkthrough in a window of so many columns."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    environment |= {"COLUMNS": str(columns)} | others.pop("env", {})
    others = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | others
    command = [sys.executable, *command, *options]
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **others)


def result(process, timeout=30):
    """The exit status, stdout and stderr."""
    stdout, stderr = process.communicate(timeout=timeout)
    return process.returncode, stdout, stderr


# Mistakes: script, what is replaced in it, the task that then fails, and what is told of it.
WRONG = [
    ("5_subscriber.py", '(event["data"],', '(event["data"].upper(),', "5", "+HOLBERTON STUDENT #1"),
    ("1_redis_op.py", '"Reply: {', '"reply: {', "2", "-Reply: OK"),
    ("4_redis_advanced_op.py", 'hgetall("', 'hgetall("x', "4", "-  Portland: '50',"),
    ("0_redis_client.py", "sys.exit(1)", "sys.exit(3)", "1", "ended with 3"),
]


@pytest.fixture(scope="module", autouse=True)
def runs(tmp_path_factory):
    """The longer runs, all started before the first test. Call it with a name for a result."""
    folder = tmp_path_factory.mktemp("runs")
    processes = {"whole": start(columns=100)}
    processes |= {("narrow", n): start("--task", n, columns=99) for n in "579"}
    processes["picture"] = start("--task", "5", "--svg", str(folder / "picture.svg"))
    for script, old, new, number, _ in WRONG:
        copy = folder / script.removesuffix(".py")
        shutil.copytree(OURS / "tests", copy / "tests")
        for file in OURS.glob("[0-9]_*.py"):
            shutil.copy(file, copy)
        text = (copy / script).read_text()
        assert old in text
        (copy / script).write_text(text.replace(old, new))
        processes[script] = start("--task", number, folder=copy)
    yield (known := functools.cache(lambda name: result(processes[name])))
    for name, process in processes.items():
        process.send_signal(signal.SIGINT)
        known(name)


@pytest.fixture(scope="module")
def whole(runs):
    """The lines of a whole run, in a window of 100 columns."""
    status, stdout, stderr = runs("whole")
    assert (status, stderr) == (0, ""), stdout
    return stdout.splitlines()


@pytest.fixture(scope="module")
def narrow(runs):
    """The lines of tasks 5, 7 and 9 in a window of 99 columns."""
    results = [runs(("narrow", number)) for number in "579"]
    assert [(status, stderr) for status, _, stderr in results] == [(0, "")] * 3
    return [stdout.splitlines() for _, stdout, _ in results]


def task(lines, number):
    """The lines of a task of a whole run."""
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"Task {number}:"))
    return lines[begin : lines.index("", begin)]


@pytest.mark.long
def test_what_cannot_be_done_is_told_in_one_sentence(tmp_path):
    port = free_port()
    attempts = {
        "tasks are 0 to 9": start("--task", "10"),
        "unrecognized arguments: --tasks": start("--tasks", "1"),
        "no file can be made": start("--svg", "/nowhere/x.svg"),
        "must specify one of the following schemes": start(env={"REDIS_URL": f"localhost:{port}"}),
        "does not answer": start(env={"REDIS_URL": f"redis://localhost:{port}"}),
        "run `python -m tests.walkthrough`": start(command=["tests/walkthrough.py"]),
        "pip install -r requirements.txt": start(command=["-S", "-m", "tests.walkthrough"]),
    }
    for sentence, process in attempts.items():
        status, stdout, stderr = result(process)
        assert (status, stdout, stderr.count("\n")) == (1, "", 1), stderr
        assert sentence in stderr


@pytest.mark.long
def test_a_reader_that_has_gone_is_told_of_in_one_sentence():
    with start("--task", "4") as process:
        assert process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read()
    assert stderr.count("\n") == 1 and "nobody reads on" in stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_by_a_signal_is_one_sentence_and_leaves_nothing(number):
    with start("--task", "1") as process:
        while "$ python" not in process.stdout.readline():
            pass
        time.sleep(0.2)
        left = psutil.Process(process.pid).children(recursive=True)
        assert left
        process.send_signal(number)
        status, stdout, stderr = result(process)
    assert (status, stderr.strip().count("\n")) == (1, 0), stderr
    assert "Traceback" not in stdout + stderr and "was stopped" in stderr
    assert not any(child.is_running() for child in left)


@pytest.mark.long
def test_a_terminal_gets_colours_and_as_many_columns_as_it_has():
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "tests.walkthrough", "--task", "7"]
    process = subprocess.Popen(
        command, cwd=OURS, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    written = b""
    with contextlib.suppress(OSError):  # EIO, at its end
        while chunk := os.read(master, 65536):
            written += chunk
    os.close(master)
    assert process.wait() == 0
    text = written.decode()
    assert "\x1b[32m$ python 6_job_creator.py\x1b[0m" in text
    plain = re.sub(r"\x1b\[\d*m", "", text).splitlines()
    assert any(line[59:60] == "│" for line in plain)


@pytest.mark.long
def test_the_database_at_redis_url_is_used_only_if_it_holds_nothing_else():
    with FakeServer() as server:
        server.client.set("theirs", "x")
        refused = start("--task", "6", env={"REDIS_URL": server.url})
        played = start("--task", "6", env={"REDIS_URL": f"{server.url}/1"})
        status, stdout, stderr = result(refused)
        assert (status, stdout, stderr.count("\n")) == (1, "", 1)
        assert "theirs" in stderr and "/1" in stderr
        status, stdout, stderr = result(played)
        assert (status, stderr) == (0, ""), stdout
        assert server.client.get("theirs") == b"x"
        server.client.select(1)
        assert server.client.keys() == [b"Holberton"]


def test_task_0_says_that_there_is_no_redis_server(tmp_path):
    status, stdout, stderr = result(start("--task", "0", env={"PATH": str(tmp_path)}))
    assert (status, stderr) == (0, "")
    assert "not installed here" in stdout and "not run" in stdout


@pytest.mark.parametrize("together", [True, False])
def test_a_line_waits_for_its_cause_however_late_that_was_read(together):
    effects = [line for line in CAUSES if CAUSES[line].startswith("About")]
    waiting = {
        1: deque(Line(n, line, line) for n, line in enumerate(effects)),
        2: deque(Line(9 + n, CAUSES[line], CAUSES[line]) for n, line in enumerate(effects)),
    }
    shown = [text for _, text in in_order(waiting, None, together)]
    for effect in effects:
        assert shown.index(CAUSES[effect]) < shown.index(effect)
    assert len(shown) == 2 * len(effects)


def test_every_task_is_played_and_passes(whole):
    rows = whole[-len(TASKS) :]
    for row, one in zip(rows, TASKS):
        word = "passed" if one.number != "0" or REDIS_SERVER else "not run"
        assert re.match(rf"{one.number}  {one.script} +{word} +\d+\.\d s  {one.title[:20]}", row)
    scripts = [step.script for steps in PLAYS.values() for step in steps]
    shown = [found for line in whole for found in re.findall(r"\$ python (\w+\.py)", line)]
    assert shown == scripts


def test_task_1_shows_a_refusal_and_a_connection(whole):
    shown = task(whole, 1)
    assert sum("connect ECONNREFUSED" in line for line in shown) == 3
    assert shown[-1] == "Redis client connected to the server"


@pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine")
def test_task_0_shows_the_servers_commands(whole):
    shown = task(whole, 0)
    assert [line for line in shown if line[0] not in "#$T"] == ["PONG", "OK", '"School"'] + [
        '"School"'
    ]
    assert sum("redis-server --port" in line for line in shown) == 2
    assert sum("shutdown nosave" in line for line in shown) == 2


def test_each_step_is_said_before_it_is_done(whole):
    for number, steps in PLAYS.items():
        shown = " ".join(task(whole, number)).replace(" # ", " ")
        places = [shown.index(step.say) for step in steps]
        assert places == sorted(places)
        assert "A server is started" in shown or "The server is put back" in shown


def test_two_terminals_are_two_columns_of_a_wide_window(whole):
    for number in 5, 7, 9:
        rows = [line for line in task(whole, number) if line[49:50] == "│"]
        assert rows[0].split("│")[0].strip() == "Terminal 1"
        assert rows[0].split("│")[1].strip() == "Terminal 2"
        assert all(len(line) <= 100 for line in rows)
    left, right = zip(*(line.split("│") for line in task(whole, 5) if "│" in line))
    for message in transcript("5_subscriber")[1:]:  # in the row of its cause, or in one below
        cause = [text.strip() for text in right].index(CAUSES[message])
        assert cause <= [text.strip() for text in left].index(message)


def test_two_terminals_are_one_above_the_other_in_a_narrow_window(narrow):
    for lines in narrow:
        assert not any("│" in line for line in lines)
        assert "Terminal 1" in lines and "Terminal 2" in lines


def test_a_line_is_shown_after_the_line_that_made_it(narrow):
    for lines in narrow:
        shown = [line for line in from_one(lines) if line in CAUSES or line in CAUSES.values()]
        effects = [line for line in shown if line in CAUSES]
        assert effects
        for effect in effects:
            assert shown.index(CAUSES[effect]) < shown.index(effect)


@pytest.mark.parametrize(("script", "number", "told"), [(w[0], *w[3:]) for w in WRONG])
def test_a_wrong_script_fails_and_its_difference_is_shown(runs, script, number, told):
    status, stdout, stderr = runs(script)
    assert (status, stderr) == (1, "")
    assert re.search(rf"^{number}  \S+ +failed", stdout, re.MULTILINE)
    assert told in stdout and script in stdout


def test_a_pipe_gets_no_colours(whole):
    assert not any("\x1b" in line for line in whole)


def texts(svg):
    """The texts of a picture, but for what differs from run to run, as their order does."""
    words = [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    return sorted(re.sub(r"port \d+|\d+\.\d s", "...", text) for text in words)


def test_the_picture_is_of_a_real_run_in_two_columns_and_at_most_30_lines(runs, tmp_path_factory):
    status, _, stderr = runs("picture")
    assert (status, stderr) == (0, "")
    (made,) = tmp_path_factory.getbasetemp().glob("runs[0-9]*/picture.svg")
    svg = PICTURE.read_text()
    assert texts(svg) == texts(made.read_text())
    nodes = list(ElementTree.fromstring(svg).iter(f"{SVG}text"))
    assert len({node.get("y") for node in nodes}) <= 30
    assert {"Terminal 1", "Terminal 2"} <= {node.text for node in nodes}
    assert "prefers-color-scheme: dark" in svg
