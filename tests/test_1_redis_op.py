"""Task 2: set and get."""

import pytest

from .course import console_shows, explain, interrupted, transcript

SCRIPT = "1_redis_op.py"


def test_shows_the_transcript(run, server, script=SCRIPT):
    console = run(script)
    console_shows(console, transcript("1_redis_op"))
    interrupted(console)
    if server.client.get("HolbertonSanFrancisco") != b"100":
        explain(console, None, "should have set the key HolbertonSanFrancisco to 100")


def test_shows_what_redis_holds(run, server, script=SCRIPT):
    server.client.set("Holberton", "Another School")
    console = run(script)
    expected = transcript("1_redis_op")
    expected[1] = "Another School"
    console_shows(console, expected)
    interrupted(console)


@pytest.mark.strict
@pytest.mark.parametrize("value, shown", [(None, "null"), (b"", ""), (b"\xff \xc3\xa9", "\ufffd \u00e9")])
def test_shows_a_value_as_node_does(run, server, value, shown, script=SCRIPT):
    server.client.delete("Holberton") if value is None else server.client.set("Holberton", value)
    console = run(script)
    expected = transcript("1_redis_op")
    expected[1] = shown
    console_shows(console, expected, ends=True)


@pytest.mark.strict
def test_a_key_of_another_type_is_told_in_one_sentence(run, server, script=SCRIPT):
    server.client.delete("Holberton")
    server.client.rpush("Holberton", "School")
    console = run(script)
    assert console.wait_exit() == 1
    assert console.lines == transcript("0_redis_client")
    assert len(console.stderr.splitlines()) == 1 and "wrong kind of value" in console.stderr


@pytest.mark.strict
@pytest.mark.parametrize(
    "setting, value, reason",
    [("maxmemory", 1, "used memory > 'maxmemory'"), ("replicaof", "127.0.0.1 1", "read only replica")],
)
def test_a_server_that_takes_no_writes_is_told_in_one_sentence(run, server, setting, value, reason, script=SCRIPT):
    if not hasattr(server, "process"):
        pytest.skip("fakeredis always takes writes")
    server.client.execute_command(
        *(["CONFIG", "SET", setting, value] if setting == "maxmemory" else [setting, "127.0.0.1", 1])
    )
    console = run(script)
    assert console.wait_exit() == 1
    assert console.lines == transcript("1_redis_op")[:2]
    assert len(console.stderr.splitlines()) == 1 and reason in console.stderr
