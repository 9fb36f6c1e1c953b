"""Task 2: show the value of a key, set another key, show its value.

The course asks for `Reply: OK`, as redis.print shows it, and for the values that Redis really has.
"""

import pytest

from .course import transcript
from .harness.waiting import wait_until

SHOWN = transcript("1_redis_op")
BOTH = "1_redis_op", "2_redis_op_async"  # task 3 asks for the same result


@pytest.mark.parametrize("name", BOTH)
def test_shows_the_transcript(run, server, name):
    run(name, screen=True).expect_end()
    assert server.client.get("HolbertonSanFrancisco") == b"100"


@pytest.mark.fakeredis_only
@pytest.mark.parametrize("value, line", [(None, "null"), (b"", "")])
@pytest.mark.parametrize("name", BOTH)
def test_shows_what_redis_holds(run, server, proxy, name, value, line):
    """The key that the script set is changed just before the script reads it. By then, all other
    lines are on the console, even through a pipe."""
    server.client.delete("Holberton")
    if value is not None:
        server.client.set("Holberton", value)
    shown = [SHOWN[0], line, SHOWN[2]]
    key, scripts, seen = "HolbertonSanFrancisco", [], []

    def change():
        wait_until(lambda: scripts and scripts[0].lines == shown, 2, "three lines before the GET")
        seen.append(server.client.get(key))
        server.client.set(key, b"\xff \xc3\xa9")

    proxy.before(b"GET", key.encode(), change)
    scripts.append(run(name, proxy.url, stdout="pipe"))
    scripts[0].expect_end([*shown, "\ufffd é"])
    assert seen == [b"100"]
    assert proxy.asked(b"SET") == 1


@pytest.mark.fakeredis_only
@pytest.mark.parametrize("name", BOTH)
def test_key_of_another_type_shows_python_s_error(run, server, name):
    server.client.delete("Holberton")
    server.client.rpush("Holberton", "School")
    script = run(name)
    script.expect_exit(1)
    script.expect_lines(SHOWN[:1])
    assert "wrong kind of value" in script.stderr.splitlines()[-1]
    assert f'{name}.py", line ' in script.stderr  # a student needs to see where


@pytest.mark.needs_redis_server
def test_server_that_refuses_writes_shows_python_s_error(run, server):
    server.client.config_set("maxmemory", 1)
    script = run("1_redis_op")
    script.expect_exit(1)
    script.expect_lines(SHOWN[:2])
    assert "used memory > 'maxmemory'" in script.stderr.splitlines()[-1]
