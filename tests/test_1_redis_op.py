"""Task 2: show the value of a key, set another key, show its value.

The course wants `Reply: OK` as redis.print shows it, and the value that Redis really has.
"""

import pytest

from .course import transcript
from .harness.proxy import Proxy

SHOWN = transcript("1_redis_op")


def test_shows_the_transcript(run, server):
    script = run("1_redis_op", screen=True)
    assert script.wait_exit() == 0
    assert script.lines == SHOWN
    assert server.client.get("HolbertonSanFrancisco") == b"100"


@pytest.mark.one_server
@pytest.mark.parametrize("name", ["1_redis_op", "2_redis_op_async"])
def test_shows_it_through_a_pipe(run, name):
    script = run(name, stdout="pipe")
    assert script.wait_exit() == 0
    assert script.stdout == "".join(f"{line}\n" for line in SHOWN)
    assert script.stderr == ""


@pytest.mark.one_server
@pytest.mark.parametrize(
    "name, value, line",
    [
        ("1_redis_op", None, "null"),
        ("1_redis_op", b"", ""),
        ("1_redis_op", b"\xff \xc3\xa9", "\ufffd é"),
        ("2_redis_op_async", None, "null"),
        ("2_redis_op_async", b"Other", "Other"),
    ],
)
def test_shows_what_redis_holds(run, server, name, value, line):
    server.client.delete("Holberton")
    if value is not None:
        server.client.set("Holberton", value)
    script = run(name)
    assert script.wait_exit() == 0
    assert script.lines == [SHOWN[0], line, *SHOWN[2:]]
    assert script.stderr == ""


@pytest.mark.parametrize("name", ["1_redis_op", "2_redis_op_async"])
def test_asks_redis_for_what_it_has_set(run, server, name):
    """Just before the script reads the key, somebody changes it."""
    key, seen = "HolbertonSanFrancisco", []

    def change():
        seen.append(server.client.get(key))
        server.client.set(key, "changed")

    with Proxy(server.port) as proxy:
        proxy.before(b"GET", key.encode(), change)
        script = run(name, proxy.url)
        assert script.wait_exit() == 0
    assert script.lines == [*SHOWN[:3], "changed"] and seen == [b"100"]
    assert proxy.asked(b"SET") == 1


@pytest.mark.one_server
@pytest.mark.parametrize("name", ["1_redis_op", "2_redis_op_async"])
def test_a_key_of_another_type_is_python_s_error(run, server, name):
    server.client.delete("Holberton")
    server.client.rpush("Holberton", "School")
    script = run(name)
    assert script.wait_exit() == 1
    assert script.lines == SHOWN[:1]
    assert "wrong kind of value" in script.stderr.splitlines()[-1]
    assert f'{name}.py", line ' in script.stderr  # a student needs the place


@pytest.mark.real
@pytest.mark.parametrize(
    "command, reason",
    [
        (("CONFIG", "SET", "maxmemory", "1"), "used memory > 'maxmemory'"),
        (("REPLICAOF", "127.0.0.1", "1"), "read only replica"),
    ],
)
def test_a_server_that_takes_no_writes_is_python_s_error(run, server, command, reason):
    server.client.execute_command(*command)
    script = run("1_redis_op")
    assert script.wait_exit() == 1
    assert script.lines == SHOWN[:2]
    assert reason in script.stderr.splitlines()[-1]
