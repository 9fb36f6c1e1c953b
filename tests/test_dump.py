"""Task 0: dump.rdb holds School at the key Holberton, and every Redis from 5 on can read it."""

import pytest

from .course import OURS


def test_is_of_version_9():
    assert (OURS / "dump.rdb").read_bytes()[:9] == b"REDIS0009"  # Redis 5 cannot read a later one


@pytest.mark.needs_redis_server
def test_holds_school_and_nothing_else(server):
    assert server.client.keys() == [b"Holberton"]
    assert server.client.get("Holberton") == b"School"
