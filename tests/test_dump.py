"""Task 0: dump.rdb holds School at Holberton, and every Redis from 5 on can read it."""

import pytest

from .course import OURS


def test_is_of_version_9():
    assert (OURS / "dump.rdb").read_bytes()[:9] == b"REDIS0009"  # Redis 5 reads no later one


@pytest.mark.needs_redis_server
def test_holds_school_and_nothing_else(server):
    assert server.client.keys() == [b"Holberton"]
    assert server.client.get("Holberton") == b"School"
