"""Task 2: show the value of a key, set another key, show its value.

The course wants `Reply: OK` as redis.print shows it, and the value that Redis really has.
"""

import pytest

from .course import transcript
from .harness.proxy import Proxy
from .harness.waiting import wait_until

SHOWN = transcript("1_redis_op")
BOTH = "1_redis_op", "2_redis_op_async"  # task 3 asks for the same result


@pytest.mark.parametrize("name", BOTH)
def test_shows_the_transcript(run, server, name):
    script = run(name, screen=True)
    script.expect_exit()
    script.expect_lines(SHOWN)
    assert server.client.get("HolbertonSanFrancisco") == b"100"


@pytest.mark.one_server
@pytest.mark.parametrize("name", BOTH)
def test_shows_it_through_a_pipe(run, name):
    script = run(name, stdout="pipe")
    script.expect_end(SHOWN)
    assert script.stdout == "".join(f"{line}\n" for line in SHOWN)


@pytest.mark.one_server
@pytest.mark.parametrize(
    "value, line",
    [(None, "null"), (b"", ""), (b"Other", "Other"), (b"\xff \xc3\xa9", "\ufffd é")],
)
@pytest.mark.parametrize("name", BOTH)
def test_shows_what_redis_holds(run, server, name, value, line):
    server.client.delete("Holberton")
    if value is not None:
        server.client.set("Holberton", value)
    run(name).expect_end([SHOWN[0], line, *SHOWN[2:]])


@pytest.mark.parametrize("name", BOTH)
def test_asks_redis_for_what_it_has_set(run, server, name):
    """Just before the script reads the key, somebody changes it. All else is on the console by
    then, even if that is a pipe."""
    key, scripts, seen = "HolbertonSanFrancisco", [], []

    def change():
        wait_until(lambda: scripts and scripts[0].lines == SHOWN[:3])
        seen.append(server.client.get(key))
        server.client.set(key, "changed")

    with Proxy(server.port) as proxy:
        proxy.before(b"GET", key.encode(), change)
        scripts.append(run(name, proxy.url, stdout="pipe"))
        scripts[0].expect_end([*SHOWN[:3], "changed"])
    assert seen == [b"100"]
    assert proxy.asked(b"SET") == 1


@pytest.mark.one_server
@pytest.mark.parametrize("name", BOTH)
def test_key_of_another_type_shows_python_s_error(run, server, name):
    server.client.delete("Holberton")
    server.client.rpush("Holberton", "School")
    script = run(name)
    script.expect_exit(1)
    script.expect_lines(SHOWN[:1])
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
def test_server_that_refuses_writes_shows_python_s_error(run, server, command, reason):
    server.client.execute_command(*command)
    script = run("1_redis_op")
    script.expect_exit(1)
    script.expect_lines(SHOWN[:2])
    assert reason in script.stderr.splitlines()[-1]
