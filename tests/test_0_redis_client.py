"""Task 1: the script says that it is connected to Redis or, for each attempt, why it is not.

A test runs the script as a student does: as a process, on a terminal. It talks to a server on a
port, which fakeredis has, too. A client that is patched inside of Python would not tell whether the
script really connects.
"""

import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from .course import CONNECTED, REFUSED, transcript
from .harness.servers import FakeServer, free_port, is_free

# Those that connect with the same lines.
SCRIPTS = "0_redis_client", "1_redis_op", "2_redis_op_async", "4_redis_advanced_op"
SCRIPTS += "5_subscriber", "5_publisher"
FIRST_AND_ASYNC = "0_redis_client", "2_redis_op_async"


def refused(port):
    return [line.replace("6379", str(port)) for line in transcript("0_redis_client.refused")]


def test_is_connected(run):
    run("0_redis_client").expect_end(transcript("0_redis_client"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_says_three_times_that_there_is_no_server(start_script, name):
    """Without REDIS_URL it looks where the course does (unless a server is there now)."""
    port = 6379 if is_free(6379) else free_port()
    url = None if port == 6379 else f"redis://127.0.0.1:{port}"
    script = start_script(name, url, screen=True)
    script.expect_exit(1)
    script.expect_lines(refused(port))
    assert 0.8 < script.times[2] - script.times[0] < 3  # one second, on a quiet machine


@pytest.mark.parametrize("name", SCRIPTS)
def test_says_so_at_once_through_a_pipe(start_script, name):
    script = start_script(name, f"redis://127.0.0.1:{free_port()}", stdout="pipe")
    assert script.wait(lambda script: len(script.lines) == 1) and script.status is None


def says_three_times(script, reason):
    """Expect that the script gives up, and that each line has the reason."""
    script.expect_exit(1)
    assert len(script.lines) == 3 and len(set(script.lines)) == 1
    assert script.lines[0].startswith(f"{REFUSED}Error: ")
    assert reason in script.lines[0]
    assert script.stderr == ""


UNKNOWN_HOST = "redis://no-such-host.invalid:6379", "connecting to no-such-host.invalid:6379."
NO_SOCKET = "unix:///no/redis.sock", "2 connecting to /no/redis.sock. No such file or directory."
NO_DATABASE = "redis://127.0.0.1:{port}/99", "DB index is out of range"


@pytest.mark.one_server
@pytest.mark.parametrize(
    "name, url, reason",
    [
        *[(name, *NO_SOCKET) for name in SCRIPTS],
        *[(name, *UNKNOWN_HOST) for name in FIRST_AND_ASYNC],
        ("0_redis_client", *NO_DATABASE),
    ],
)
def test_says_any_other_reason_in_redis_py_s_words(run, server, name, url, reason):
    says_three_times(run(name, url.format(port=server.port)), reason)


@pytest.fixture
def tls_port(tmp_path):
    """A port where a server shows a certificate that nobody trusts."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=nobody"]
    command += ["-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def shake_hands():
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                with contextlib.suppress(ssl.SSLError), listener.accept()[0] as client:
                    context.wrap_socket(client, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=shake_hands, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", FIRST_AND_ASYNC)
def test_says_that_a_certificate_is_not_trusted(start_script, tls_port, name):
    """The error has a number of OpenSSL's, which is not one of the operating system's."""
    script = start_script(name, f"rediss://127.0.0.1:{tls_port}")
    says_three_times(script, "CERTIFICATE_VERIFY_FAILED")


@pytest.mark.real
@pytest.mark.parametrize("name", FIRST_AND_ASYNC)
def test_says_that_the_password_is_wrong(run, server, name):
    says_three_times(run(name, f"redis://nobody:wrong@127.0.0.1:{server.port}"), "password")


@pytest.mark.one_server
@pytest.mark.parametrize("url", ["nonsense", "redis://h:port"])
def test_malformed_url_shows_python_s_error(run, url):
    script = run("0_redis_client", url)
    script.expect_exit(1)
    assert script.stdout == "" and "Error: " in script.stderr.splitlines()[-1]


@pytest.mark.one_server
@pytest.mark.parametrize("name", FIRST_AND_ASYNC)
def test_uses_a_server_that_comes_up_between_two_attempts(run, name):
    port = free_port()
    script = run(name, f"redis://127.0.0.1:{port}")
    script.expect_line(REFUSED)
    with FakeServer(port):
        script.expect_exit()
    assert CONNECTED in script.lines and script.stderr == ""


@pytest.mark.real
@pytest.mark.parametrize("name", [*FIRST_AND_ASYNC, "6_job_creator"])
def test_passwords_databases_and_sockets(run, server, name):
    socket = f"{server.folder.name}/redis.sock"
    server.stop()
    server.start("--requirepass", "s3cret@", "--unixsocket", socket)
    first_line = transcript(name if name == "6_job_creator" else "0_redis_client")[0]
    for url in (
        f"redis://:s3cret%40@127.0.0.1:{server.port}/2",
        f"unix://{socket}?password=s3cret%40",
    ):
        script = run(name, url)
        script.expect_line("")
        first_lines = (first_line, first_line.replace("1", "2"))  # the second job in the database
        assert script.lines[0] in first_lines and script.stderr == ""


@pytest.fixture
def silent_port():
    """A port where a server accepts a connection and never answers; call it to wait for one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize(
    "name", [*SCRIPTS, *(f"{n}_job_{r}" for n in "67" for r in ("creator", "processor"))]
)
def test_interrupt_while_it_connects_shows_no_traceback(start_script, silent_port, name):
    port = silent_port.getsockname()[1]
    script = start_script(name, f"redis://127.0.0.1:{port}", screen=True)
    connection, _ = silent_port.accept()
    with connection:
        script.type("\x03")
        script.expect_exit(-signal.SIGINT)
        script.expect_lines(["^C"])
