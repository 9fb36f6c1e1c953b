"""Task 1: the script says that it is connected to Redis or, for each attempt, why it is not.

A test runs the script as a student does: as a process, on a terminal. It talks to a server on a
port; fakeredis has one, too. With a client mocked inside Python, a test could not tell whether the
script really connects.

The scripts of tasks 2 to 5 connect with the same lines (see test_scripts.py), and are tested here,
too. Scripts that have to wait are started together, so they wait at the same time.
"""

import signal
import socket

import pytest

from .course import CONNECTED, REFUSED, TASKS, created, transcript
from .harness.servers import free_port, is_free

NAMES = [task.script.removesuffix(".py") for task in TASKS[1:]]
SCRIPTS = [name for name in NAMES if "job" not in name]
FIRST_AND_ASYNC = "0_redis_client", "2_redis_op_async"
# URLs that do not work, and what is said about them: redis-py's words, unless the connection was
# refused.
REASONS = [
    ("unix:///no/redis.sock", "2 connecting to /no/redis.sock. No such file or directory."),
    ("redis://no-such-host.invalid:6379", "connecting to no-such-host.invalid:6379."),
    ("redis://127.0.0.1:{port}/99", "DB index is out of range"),
    ("redis://nobody:wrong@127.0.0.1:{port}", "invalid username-password pair"),
    ("unix://{closed}", "to {closed} failed - connect ECONNREFUSED {closed}"),
    ("redis://:{free}", "to localhost:{free} failed - connect ECONNREFUSED localhost:{free}"),
]


def test_is_connected(run, proxy):
    run("0_redis_client", proxy.url).expect_end()


def test_says_three_times_that_there_is_no_server(start_script):
    """It says so immediately each time, even through a pipe. Without REDIS_URL it tries the
    course's port (unless a server is there now: then this test uses another one)."""
    port = 6379 if is_free(6379) else free_port()
    url = None if port == 6379 else f"redis://127.0.0.1:{port}"
    refused = transcript("0_redis_client.refused")
    expected = [line.replace("6379", str(port)) for line in refused]
    for script in [start_script(name, url, stdout="pipe") for name in SCRIPTS]:
        script.expect_end(expected, 1)
        assert 0.8 < script.times[2] - script.times[0] < 3  # one second, on a quiet machine


@pytest.mark.fakeredis_only
def test_says_any_other_reason(run, server, tmp_path):
    with socket.socket(socket.AF_UNIX) as nobody_listens:
        nobody_listens.bind(f"{tmp_path}/closed.sock")
    places = {"port": server.port, "free": free_port(), "closed": f"{tmp_path}/closed.sock"}
    reasons = [(url.format(**places), reason.format(**places)) for url, reason in REASONS]
    cases = [(name, *reasons[0]) for name in SCRIPTS]
    cases += [("2_redis_op_async", *reasons[1]), *(("0_redis_client", *why) for why in reasons[1:])]
    scripts = [run(name, url) for name, url, _ in cases]
    for script, (_, _, reason) in zip(scripts, cases, strict=True):
        script.expect_exit(1)
        assert len(script.lines) == 3 and len(set(script.lines)) == 1
        assert script.lines[0].startswith(f"{REFUSED}Error: ") and reason in script.lines[0]
        assert script.stderr == ""


def test_malformed_url_shows_python_s_error(start_script):
    script = start_script("0_redis_client", "nonsense")
    script.expect_exit(1)
    assert script.stdout == "" and "Error: " in script.stderr.splitlines()[-1]


@pytest.mark.fakeredis_only
@pytest.mark.parametrize("name", FIRST_AND_ASYNC)
def test_uses_a_server_that_comes_up_between_two_attempts(run, proxy, name):
    proxy.close()
    script = run(name, proxy.url)
    script.expect_line(REFUSED)
    proxy.listen()
    script.expect_exit()
    assert CONNECTED in script.lines and script.stderr == ""


@pytest.mark.needs_redis_server
def test_passwords_databases_and_sockets(run, server):
    path = f"{server.folder.name}/redis.sock"
    server.stop()
    server.start("--requirepass", "s3cret@", "--unixsocket", path)
    by_socket = f"unix://{path}?password=s3cret%40"
    for url in f"redis://:s3cret%40@127.0.0.1:{server.port}/2", by_socket:
        run("0_redis_client", url).expect_end()
        creator = run("6_job_creator", url)
        creator.expect_lines(created(1))  # 1 again: the URLs lead to two databases


def test_interrupt_while_it_connects_shows_no_traceback(start_script):
    """The server accepts their connections, but never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        scripts = [start_script(name, url, screen=True) for name in NAMES]
        connections = [silent.accept() for _ in NAMES]
        for script in scripts:
            script.type("\x03")
            script.expect_exit(-signal.SIGINT)
            script.expect_lines(["^C"])
        for connection, _ in connections:
            connection.close()
