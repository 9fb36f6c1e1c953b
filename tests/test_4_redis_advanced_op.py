"""Task 4: a hash."""

import pytest

from .course import console_shows, explain, interrupted, transcript

SCRIPT = "4_redis_advanced_op.py"
SCHOOLS = {b"Portland": b"50", b"Seattle": b"80", b"New York": b"20", b"Bogota": b"20", b"Cali": b"40", b"Paris": b"2"}


def test_shows_the_transcript(run, server):
    console = run(SCRIPT)
    console_shows(console, transcript("4_redis_advanced_op"))
    interrupted(console)
    if (stored := server.client.hgetall("HolbertonSchools")) != SCHOOLS:
        explain(console, None, f"should have stored the hash HolbertonSchools, and did {stored or 'not'}")


def test_shows_what_redis_answers_and_holds(run, server):
    server.client.hset("HolbertonSchools", mapping={"Cali": "1", "Austin": "7"})
    console = run(SCRIPT)
    shown = transcript("4_redis_advanced_op")
    shown[5] = "Reply: 0"
    schools = ["  Cali: '40',", "  Austin: '7',", *(line for line in shown[8:-1] if "Cali" not in line)]
    console_shows(console, [*shown[:8], *schools, "}"])
    interrupted(console)


# A name or a value in Redis, and the same as node v20.20.2 prints it in an object.
AS_NODE = {
    "it's": '"it\'s"',
    'say "hi"': "'say \"hi\"'",
    'it\'s "it"': '`it\'s "it"`',
    "'\"`": "'\\'\"`'",
    "a\nb": "'a\\nb'",
    "\x1b[31m\x00\x7f\x85": "'\\x1B[31m\\x00\\x7F\\x85'",
    "\b\t\f\r\\": "'\\b\\t\\f\\r\\\\'",
    "Z\u00fcrich": "'Z\u00fcrich'",
    "2nd": "'2nd'",
    "": "''",
    "\u2028": "'\u2028'",
}


@pytest.mark.strict
def test_no_value_can_break_a_line(run, server):
    server.client.hset("HolbertonSchools", mapping={name: name for name in AS_NODE} | {"_ok9": b"\xff"})
    console = run(SCRIPT)
    shown = transcript("4_redis_advanced_op")
    others = [f"  {text}: {text}," for text in AS_NODE.values()] + ["  _ok9: '\ufffd',"]
    console_shows(console, [*shown[:8], *others, *shown[8:]], ends=True)


@pytest.mark.strict
def test_second_run(run):
    for reply in "Reply: 1", "Reply: 0":
        expected = [reply if "Reply" in line else line for line in transcript("4_redis_advanced_op")]
        console_shows(run(SCRIPT), expected, ends=True)


@pytest.mark.strict
def test_a_key_of_another_type_is_told_in_one_sentence(run, server):
    server.client.set("HolbertonSchools", "School")
    console = run(SCRIPT)
    assert console.wait_exit() == 1
    assert console.lines == transcript("0_redis_client")
    assert len(console.stderr.splitlines()) == 1 and "wrong kind of value" in console.stderr
