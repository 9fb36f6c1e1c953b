"""What holds for all scripts: how they end, and how they are written."""

import ast
import re
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from .course import OURS, TASKS, transcript
from .harness.waiting import wait_until

NAMES = [task.script for task in TASKS[1:]]
TEXTS = {name: (OURS / name).read_text() for name in NAMES}
TREES = {name: ast.parse(text) for name, text in TEXTS.items()}
MOST_LINES = 40, 56, 58, 54, 54, 54, 44, 54, 68, 78  # of each, in their order


def test_are_short():
    lines = {name: len(text.splitlines()) for name, text in TEXTS.items()}
    assert sum(lines.values()) <= 530
    for name, most in zip(NAMES, MOST_LINES, strict=True):
        assert lines[name] <= most, name


def imported(tree):
    """The names that a script's imports give it, each with the module that it imports."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found |= {alias.asname or alias.name: module for alias in node.names}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_imports_libraries_and_no_other_file(name):
    modules = {module.split(".")[0] for module in imported(TREES[name]).values()}
    assert modules - set(sys.stdlib_module_names) <= {"redis", "rq"}
    assert not re.search(r"__import__|importlib|runpy|exec\(|open\(", TEXTS[name])


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_hides_a_module(name):
    parameters = {node.arg for node in ast.walk(TREES[name]) if isinstance(node, ast.arg)}
    assert parameters & imported(TREES[name]).keys() == set()


def function(name, wanted):
    """The text of one of a script's functions, without what makes it asynchronous."""
    [node] = [x for x in TREES[name].body if getattr(x, "name", None) == wanted]
    text = ast.get_source_segment(TEXTS[name], node)
    return re.sub("async |await |asyncio[.]", "", text)


@pytest.mark.parametrize("name", [name for name in NAMES if "job" not in name])
def test_the_lines_that_connect_are_those_of_task_1(name):
    for wanted in "reason", "connect":
        assert function(name, wanted) == function("0_redis_client.py", wanted)
    assert 'connect(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379")' in TEXTS[name]


@pytest.mark.parametrize("name", [name for name in NAMES if "job" in name])
def test_the_lines_that_connect_are_those_of_task_6(name):
    found = re.search(r"^ *client = .*?set_retry.*?$", TEXTS[name], re.DOTALL | re.MULTILINE)
    expected = TEXTS["6_job_creator.py"].split("client = ")[1].split("\n\n")[0]
    assert textwrap.dedent(found[0]) == f"client = {expected}"


def test_redis_print_is_the_same_everywhere():
    names = [name for name, text in TEXTS.items() if "def redis_print" in text]
    assert len(names) == 3 and len({function(name, "redis_print") for name in names}) == 1


@pytest.mark.parametrize("pair", "67")
def test_the_function_that_a_job_names_is_in_the_processor(pair):
    """And to import the processor, as RQ's own tools do, starts nothing."""
    [label] = re.findall(r'"(\d_job_processor[.]\w+)"', TEXTS[f"{pair}_job_creator.py"])
    call = f"from rq.utils import import_attribute; print(import_attribute({label!r}).__name__)"
    command = [sys.executable, "-c", call]
    done = subprocess.run(command, cwd=OURS, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("process\n", "")


TRICKS = "excepthook", "os._exit", "set_response_callback", "redis_connect_func", "addFilter"
TRICKS += "parent_process", "call_with_retry", "lambda"


@pytest.mark.parametrize("name", NAMES)
def test_there_are_no_tricks(name):
    assert [trick for trick in TRICKS if trick in TEXTS[name]] == []


# What each of them shows before it waits, and how many workers it has.
WAITING = [
    ("5_subscriber", transcript("0_redis_client"), 0),
    ("6_job_creator", transcript("6_job_creator")[:1], 0),
    ("6_job_processor", [], 1),
    ("7_job_creator", transcript("7_job_creator")[:11], 0),
    ("7_job_processor", [], 2),
]


def wait_until_it_waits(script, server, shown, workers):
    assert script.wait_lines(len(shown))
    wait_until(lambda: server.worker_states() == [b"idle"] * workers)
    wait_until(lambda: psutil.Process(script.process.pid).net_connections("tcp"))
    time.sleep(0.2)  # a worker's state is set just before it waits


@pytest.mark.one_server
@pytest.mark.parametrize("name, shown, workers", WAITING)
def test_an_interrupt_ends_it_with_no_other_word(run, server, name, shown, workers):
    script = run(name, screen=True)
    wait_until_it_waits(script, server, shown, workers)
    script.type("\x03")
    assert script.wait_exit(5) in (0, -signal.SIGINT)
    assert script.lines == [*shown, "^C"]
    assert script.processes() == []


@pytest.mark.one_server
@pytest.mark.parametrize("name, shown, workers", WAITING)
def test_sigterm_ends_it_with_no_word(run, server, name, shown, workers):
    script = run(name, stdout="pipe")
    wait_until_it_waits(script, server, shown, workers)
    script.signal(signal.SIGTERM)
    assert script.wait_exit(5) in (0, -signal.SIGTERM)
    assert (script.lines, script.stderr) == (shown, "")
    assert script.processes() == []


@pytest.mark.one_server
def test_leaves_no_file_in_the_folder_where_it_is_run(run, tmp_path):
    for name in "1_redis_op", "4_redis_advanced_op":
        assert run(name, cwd=tmp_path).wait_exit() == 0
    assert list(tmp_path.iterdir()) == []


def test_ruff_makes_no_exception():
    settings = (OURS / ".ruff.toml").read_text()
    assert "E501" in settings and re.search(r"^line-length = 100$", settings, re.MULTILINE)
    assert "ignore" not in settings and "exclude" not in settings
    assert [name for name, text in TEXTS.items() if re.search("noqa|fmt: *(off|skip)", text)] == []
