"""Task 1: the script says that it is connected to Redis or, for each attempt, why it is not.

A test runs the script as a student does: as a process, on a terminal. It talks to a server on a
port, which fakeredis has, too. A client that is patched inside of Python would not tell whether the
script really connects.
"""

import pytest

from .course import transcript
from .harness.servers import FakeServer, free_port

FAILED = "Redis client not connected to the server: Error: "


def test_is_connected(run):
    script = run("0_redis_client")
    assert script.wait_exit() == 0
    assert script.stdout == "Redis client connected to the server\n"
    assert script.stderr == ""


# Those that connect with the same lines.
SCRIPTS = "0_redis_client", "1_redis_op", "2_redis_op_async", "4_redis_advanced_op"
SCRIPTS += "5_subscriber", "5_publisher"


@pytest.mark.one_server
@pytest.mark.parametrize("name", SCRIPTS)
def test_says_three_times_that_there_is_no_server(run, name):
    port = free_port()
    script = run(name, f"redis://127.0.0.1:{port}", screen=True)
    assert script.wait_exit() == 1
    refused = transcript("0_redis_client.refused")
    assert script.lines == [line.replace("6379", str(port)) for line in refused]
    assert 0.8 < script.times[2] - script.times[0] < 3  # one second, on a quiet machine


@pytest.mark.one_server
def test_says_so_at_once_through_a_pipe(run):
    script = run("0_redis_client", f"redis://127.0.0.1:{free_port()}", stdout="pipe")
    assert script.wait(lambda script: len(script.lines) == 1) and script.status is None


@pytest.mark.one_server
@pytest.mark.parametrize(
    "name, url, reason",
    [
        ("0_redis_client", "redis://no-such-host.invalid:6379", "no-such-host.invalid"),
        ("0_redis_client", "redis://127.0.0.1:{port}/99", "DB index is out of range"),
        ("2_redis_op_async", "redis://127.0.0.1:{port}/99", "DB index is out of range"),
        ("0_redis_client", "unix:///no/redis.sock", "connection to /no/redis.sock failed"),
        ("2_redis_op_async", "unix:///no/redis.sock", " - connect ENOENT /no/redis.sock"),
    ],
)
def test_says_any_other_reason(run, server, name, url, reason):
    script = run(name, url.format(port=server.port))
    assert script.wait_exit() == 1
    assert len(script.lines) == 3 and len(set(script.lines)) == 1
    assert script.lines[0].startswith(FAILED) and reason in script.lines[0]
    assert script.stderr == ""


@pytest.mark.real
@pytest.mark.parametrize("name", ["0_redis_client", "2_redis_op_async"])
def test_says_that_the_password_is_wrong(run, server, name):
    script = run(name, f"redis://nobody:wrong@127.0.0.1:{server.port}", screen=True)
    assert script.wait_exit() == 1
    assert len(script.lines) == 3 and len(set(script.lines)) == 1
    assert script.lines[0].startswith(FAILED) and "password" in script.lines[0]


@pytest.mark.one_server
@pytest.mark.parametrize("url", ["nonsense", "redis://h:port"])
def test_a_url_that_is_none_is_python_s_error(run, url):
    script = run("0_redis_client", url)
    assert script.wait_exit() == 1
    assert script.stdout == "" and "Error: " in script.stderr.splitlines()[-1]


@pytest.mark.one_server
@pytest.mark.parametrize("name", ["0_redis_client", "2_redis_op_async"])
def test_uses_a_server_that_comes_up_between_two_attempts(run, name):
    port = free_port()
    script = run(name, f"redis://127.0.0.1:{port}")
    assert script.wait(lambda script: script.lines)
    with FakeServer(port):
        assert script.wait_exit() == 0
    assert script.lines[0].startswith(FAILED)
    assert "Redis client connected to the server" in script.lines and script.stderr == ""


@pytest.mark.real
@pytest.mark.parametrize("name", ["0_redis_client", "2_redis_op_async", "6_job_creator"])
def test_passwords_databases_and_sockets(run, server, name):
    socket = f"{server.folder.name}/redis.sock"
    server.stop()
    server.start("--requirepass", "s3cret@", "--unixsocket", socket)
    for url in (
        f"redis://:s3cret%40@127.0.0.1:{server.port}/2",
        f"unix://{socket}?password=s3cret%40",
    ):
        script = run(name, url)
        assert script.wait(lambda script: script.lines)
        assert script.lines[0] in (*transcript("0_redis_client"), "Notification job created: 1")
        assert script.stderr == ""
