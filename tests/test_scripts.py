"""What holds for all scripts: how they end, and the lines that they have in common."""

import ast
import re
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from .course import OURS, TASKS, created, transcript
from .harness.proxy import Proxy
from .harness.waiting import wait_until

NAMES = [task.script for task in TASKS[1:]]
TEXTS = {name: (OURS / name).read_text() for name in NAMES}
TREES = {name: ast.parse(text) for name, text in TEXTS.items()}
JOB_SCRIPTS = [name for name in NAMES if "job" in name]
OTHERS = [name for name in NAMES if "job" not in name]


def imported(tree):
    """The modules that a script imports, without what is inside of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else node.module.split(".")[0]


@pytest.mark.parametrize("name", NAMES)
def test_imports_libraries_and_no_other_file(name):
    assert set(imported(TREES[name])) - set(sys.stdlib_module_names) <= {"redis", "rq"}


def common_lines(name):
    """The lines of a script that connect, with what makes them asynchronous left out."""
    last = "client.set_retry(" if name in JOB_SCRIPTS else "    sys.exit(1)\n"
    lines = re.search(
        rf"^ *signal[.]signal.*?{re.escape(last)}", TEXTS[name], re.DOTALL | re.MULTILINE
    )
    text = textwrap.dedent(lines[0])
    text = re.sub("^#.*\n|  #.*", "", text, flags=re.MULTILINE)
    return re.sub("async |await |asyncio[.]", "", text)


@pytest.mark.parametrize("name", OTHERS)
def test_the_lines_that_connect_are_those_of_task_1(name):
    assert common_lines(name) == common_lines("0_redis_client.py")


@pytest.mark.parametrize("name", JOB_SCRIPTS)
def test_the_lines_that_connect_are_those_of_task_6(name):
    assert common_lines(name) == common_lines("6_job_creator.py")


def definition(name, wanted):
    """The text of one of a script's functions or classes."""
    [node] = [x for x in ast.walk(TREES[name]) if getattr(x, "name", None) == wanted]
    return ast.get_source_segment(TEXTS[name], node)


def test_redis_print_is_the_same_everywhere():
    names = [name for name, text in TEXTS.items() if "def redis_print" in text]
    assert len(names) == 3 and len({definition(name, "redis_print") for name in names}) == 1


@pytest.mark.parametrize("pair", "67")
def test_the_function_that_a_job_names_is_in_the_processor(pair):
    """And to import the processor, as `rq worker` does, starts nothing."""
    [label] = re.findall(r'"(\d_job_processor[.]\w+)"', TEXTS[f"{pair}_job_creator.py"])
    call = f"from rq.utils import import_attribute; print(import_attribute({label!r}).__name__)"
    command = [sys.executable, "-c", call]
    done = subprocess.run(command, cwd=OURS, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("process\n", "")


# What each of them shows before it waits, and how many workers it has.
WAITING = [
    ("5_subscriber", transcript("0_redis_client"), 0),
    ("6_job_creator", created(1), 0),
    ("6_job_processor", [], 1),
    ("7_job_creator", created(*range(1, 12)), 0),
    ("7_job_processor", [], 2),
]


def wait_until_it_waits(script, server, shown, workers):
    script.expect_lines(shown)
    wait_until(lambda: server.worker_states() == [b"idle"] * workers)
    wait_until(lambda: psutil.Process(script.process.pid).net_connections("tcp"))
    time.sleep(0.2)  # a worker's state is set just before it waits


@pytest.mark.one_server
@pytest.mark.parametrize("name, shown, workers", WAITING)
def test_an_interrupt_ends_it_with_no_other_word(run, server, name, shown, workers):
    script = run(name, screen=True)
    wait_until_it_waits(script, server, shown, workers)
    script.type("\x03")
    script.expect_exit(0, -signal.SIGINT, timeout=5)
    script.expect_lines([*shown, "^C"])
    assert script.processes() == []


@pytest.mark.one_server
@pytest.mark.parametrize("name, shown, workers", WAITING)
def test_sigterm_ends_it_with_no_word(run, server, name, shown, workers):
    script = run(name, stdout="pipe")
    wait_until_it_waits(script, server, shown, workers)
    script.signal(signal.SIGTERM)
    script.expect_end(shown, 0, -signal.SIGTERM, timeout=5)
    assert script.processes() == []


@pytest.mark.one_server
@pytest.mark.parametrize("name", NAMES)
def test_speaks_the_protocol_of_redis_5(run, server, name):
    """Redis 5 does not know HELLO, with which a client asks for a newer protocol."""
    with Proxy(server.port) as proxy:
        script = run(name.removesuffix(".py"), proxy.url)
        wait_until(lambda: proxy.asked(b"PING"))
        if "processor" in name:  # the workers of a pool have connections of their own
            wait_until(lambda: set(server.worker_states()) == {b"idle"})
        else:
            script.wait_exit(0.5)
        assert proxy.asked(b"HELLO") == 0


@pytest.mark.one_server
def test_leaves_no_file_in_the_folder_where_it_is_run(run, tmp_path):
    for name in "1_redis_op", "4_redis_advanced_op":
        run(name, cwd=tmp_path).expect_exit()
    assert list(tmp_path.iterdir()) == []
