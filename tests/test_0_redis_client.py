"""Task 1: connect, or say why not."""

import ast
import contextlib
import os
import signal
import sys
import time

import pytest

from . import course
from .console import Console
from .course import console_shows, explain, find, interrupted, once_each, transcript
from .servers import FakeServer, free_port

SCRIPT = "0_redis_client.py"
EVERY_SCRIPT = [task.script for task in course.TASKS[1:]]
ON_STDOUT = EVERY_SCRIPT[:6]
SHORT = ["0_redis_client.py", "1_redis_op.py", "2_redis_op_async.py", "4_redis_advanced_op.py", "5_publisher.py"]


@pytest.fixture
def alone(request):
    """Run a script where no server is; its URL's port is the one that solutions expect."""
    port = request.config.option.port or free_port()
    consoles = []

    def run(script, **options):
        path = find(request.config, script)
        options.setdefault("url", f"redis://127.0.0.1:{port}")
        consoles.append(Console(path, **options))
        return consoles[-1]

    run.port = port
    run.refused = [line.replace("6379", str(port)) for line in transcript("0_redis_client.refused")]
    yield run
    for console in consoles:
        console.__exit__()


def test_connects(run):
    console = run(SCRIPT)
    console_shows(console, transcript("0_redis_client"))
    interrupted(console)


def test_says_that_no_server_is_there(alone):
    console = alone(SCRIPT)
    console.wait(lambda console: len(console.lines) >= 3, timeout=4)
    if once_each(console.lines) != once_each(alone.refused):
        explain(console, alone.refused, "shows another console than the course", once_each)
    interrupted(console)


@pytest.mark.strict
def test_short_scripts_make_three_attempts_within_two_seconds(alone):
    for console in [alone(script) for script in SHORT]:
        console.wait_exit()
        if console.lines != alone.refused or console.status != 1 or console.stderr:
            explain(console, alone.refused, "should make three attempts and exit with status 1")
        first, second, third = console.times
        assert second - first < third - second
        assert third - first < 2


@pytest.mark.strict
def test_job_creators_say_so_on_stderr(alone):
    for console in [alone("6_job_creator.py"), alone("7_job_creator.py")]:
        assert console.wait_exit() == 1
        assert console.stderr.splitlines() == alone.refused
        assert console.stdout == ""


@pytest.mark.strict
def test_others_keep_trying(alone):
    for console in [alone("5_subscriber.py"), alone("6_job_processor.py"), alone("7_job_processor.py")]:
        stream = "stdout" if console.script.name in ON_STDOUT else "stderr"
        assert console.wait(lambda console, stream=stream: getattr(console, stream).count("\n") >= 4)
        assert once_each(getattr(console, stream).splitlines()) == alone.refused[:1]
        interrupted(console)
        assert "Traceback" not in console.stderr


@pytest.mark.strict
def test_a_server_that_comes_up_between_two_attempts_is_used(alone):
    console = alone(SCRIPT)
    console.wait(lambda console: console.lines)
    with FakeServer(alone.port):
        assert console.wait_exit() == 0
    assert console.lines[-1:] == transcript("0_redis_client")
    assert once_each(console.lines[:-1]) == alone.refused[:1]


@pytest.mark.strict
def test_other_failures_are_told_in_one_line(alone, real_server):
    address = f"127.0.0.1:{real_server.port}"
    reasons = {
        "redis://no-such-host.invalid:6379": "no-such-host.invalid",
        f"redis://:wrong@{address}": "password",
        f"redis://{address}/99": "DB index is out of range",
        "unix:///nowhere/redis.sock": "Redis connection to /nowhere/redis.sock failed - connect ENOENT /nowhere/redis.sock",
    }
    scripts = ["0_redis_client.py", "2_redis_op_async.py"]
    for console in [alone(script, url=url) for url in reasons for script in scripts]:
        assert console.wait_exit() == 1
        assert len(console.lines) == 3 and len(set(console.lines)) == 1
        assert console.lines[0].startswith("Redis client not connected to the server: Error: ")
        assert reasons[console.environment["REDIS_URL"]] in console.lines[0]
        assert console.stderr == ""


@pytest.mark.strict
def test_a_malformed_url_is_told_in_one_sentence(alone):
    urls = ["http://127.0.0.1", "redis://h:port", "redis://h:1/db", "redis://h?no=1", "redis://[::1"]
    consoles = [alone(script, url="nonsense") for script in EVERY_SCRIPT]
    for console in consoles + [alone(script, url=url) for url in urls for script in ON_STDOUT[:3]]:
        assert console.wait_exit() == 2
        assert console.stdout == ""
        assert len(console.stderr.splitlines()) == 1 and "REDIS_URL" in console.stderr


@pytest.mark.strict
def test_passwords_databases_and_unix_sockets(real_server, request, tmp_path):
    socket = tmp_path / "redis.sock"
    real_server.stop()
    real_server.start("--requirepass", "s3cret@", "--unixsocket", socket)
    address = f"127.0.0.1:{real_server.port}"
    for url in f"redis://:s3cret%40@{address}/2", f"unix://{socket}?password=s3cret%40":
        for script in "0_redis_client.py", "2_redis_op_async.py":
            with Console(request.config.folder / script, url) as console:
                assert console.wait_exit() == 0, console.stdout + console.stderr
                assert console.lines[:1] == transcript("0_redis_client")


@pytest.mark.strict
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_every_script_quietly(run, number):
    ready = {
        "5_subscriber.py": lambda console: console.lines,
        "6_job_creator.py": lambda console: console.lines,
        "7_job_creator.py": lambda console: len(console.lines) == 11,
        "6_job_processor.py": lambda console: "connected" in console.stderr,
        "7_job_processor.py": lambda console: "connected" in console.stderr,
    }
    early = [script for script in EVERY_SCRIPT if script not in ready]
    for console in [run(script) for script in early]:  # while it imports its libraries
        time.sleep(0.02)
        console.signal(number)
    processors = [run(script) for script in ready if "processor" in script]
    for console in processors:
        console.wait(ready[console.script.name])
        time.sleep(0.3)
        console.signal(number)
        assert console.wait_exit(3) == 0
    others = [run(script) for script in ready if "processor" not in script]
    for console in others:
        assert console.wait(ready[console.script.name]), console.script.name + console.stdout + console.stderr
        shown = console.stdout
        console.signal(number)
        assert console.wait_exit(3) == -number
        assert console.stdout == shown
    for console in run.consoles:
        assert console.wait_exit(3) in (0, -number)
        assert "Traceback" not in console.stderr
        assert not console.processes()


@pytest.mark.strict
def test_a_closed_pipe_leaves_no_traceback(server, request):
    reader, writer = os.pipe()
    consoles = [Console(request.config.folder / script, server.url, stdout=writer) for script in ON_STDOUT]
    os.close(writer)
    os.close(reader)  # before their first line
    with contextlib.ExitStack() as stack:
        for console in consoles:
            stack.enter_context(console)
        for console in consoles:
            assert console.wait_exit() == 1
            assert console.stderr == ""


@pytest.mark.strict
def test_a_reader_that_leaves_later_ends_the_subscriber(server, request):
    reader, writer = os.pipe()
    with Console(request.config.folder / "5_subscriber.py", server.url, stdout=writer) as console:
        os.close(writer)
        os.read(reader, 1000)
        os.close(reader)
        server.client.publish("holberton school channel", "one more")
        assert console.wait_exit() == 1
        assert console.stderr == ""


@pytest.mark.strict
def test_runs_from_any_folder(run, tmp_path):
    for console in [run(script, cwd=tmp_path) for script in SHORT]:
        assert console.wait_exit() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.strict
def test_the_lines_that_connect_are_the_same_in_every_script(request):
    blocks = set()
    for script in EVERY_SCRIPT:
        text = (request.config.folder / script).read_text()
        start, end = text.index("def end("), text.index('return " ".join(str(error).split())')
        blocks.add(text[start:end].replace("async def", "def").replace("await ", "").replace("`do()`", "do()"))
    blocks = {block.replace("asyncio.sleep", "time.sleep") for block in blocks}
    assert len(blocks) == 1


@pytest.mark.strict
def test_scripts_import_libraries_and_no_other_file(request):
    for script in EVERY_SCRIPT:
        nodes = ast.walk(ast.parse((request.config.folder / script).read_text()))
        names = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        nodes = ast.walk(ast.parse((request.config.folder / script).read_text()))
        names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        assert {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) <= {"redis", "rq"}
