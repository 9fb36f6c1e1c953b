"""Task 4: store a hash, field by field, and show it as Node shows an object."""

import pytest

from .course import SCHOOLS, transcript

SHOWN = transcript("4_redis_advanced_op")


def test_shows_the_transcript(run, server):
    run("4_redis_advanced_op", screen=True).expect_end()
    held = server.client.hgetall("HolbertonSchools")
    assert held == {name.encode(): value.encode() for name, value in SCHOOLS.items()}


# Names or values in Redis, and how node v20.20.2 prints them in an object.
AS_NODE = {
    "it's": '"it\'s"',
    'say "hi"': "'say \"hi\"'",
    "a\nb": "'a\\nb'",
    "\t\r\\": "'\\t\\r\\\\'",
    "Zürich": "'Zürich'",
    "2nd": "'2nd'",
    "": "''",
}


@pytest.mark.fakeredis_only
def test_shows_other_fields_as_node_does(run, server):
    """The script also shows a reply of 0 for each field that existed before."""
    server.client.hset("HolbertonSchools", mapping=dict.fromkeys(SCHOOLS, "0"))
    server.client.hset("HolbertonSchools", mapping={name: name for name in AS_NODE})
    server.client.hset("HolbertonSchools", "_ok9", b"\xff")
    fields = [f"  {text}: {text}," for text in AS_NODE.values()] + ["  _ok9: '\ufffd'"]
    replies = [line.replace("1", "0") for line in SHOWN[1:7]]
    last = SHOWN[-2] + ","
    run("4_redis_advanced_op").expect_end([SHOWN[0], *replies, *SHOWN[7:-2], last, *fields, "}"])
