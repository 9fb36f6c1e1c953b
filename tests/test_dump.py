"""Task 0: dump.rdb."""

import pytest

from .course import find
from .servers import RealServer


@pytest.fixture
def dump(request):
    return find(request.config, "dump.rdb")


def test_holds_the_school(dump, request):
    try:
        with RealServer(request.config.option.port, dump=dump) as server:
            value = server.client.get("Holberton")
    except FileNotFoundError:
        pytest.skip("there is no redis-server on this machine")
    except RuntimeError:
        pytest.fail(f"{dump}: redis-server does not load it", pytrace=False)
    if value != b"School":
        pytest.fail(f"{dump}: get Holberton\n  expected: School\n  actual: {value}", pytrace=False)


@pytest.mark.strict
def test_is_of_version_9_and_holds_nothing_else(dump, real_server):
    assert dump.read_bytes().startswith(b"REDIS0009"), "Redis 5 reads no later version"
    assert real_server.client.keys() == [b"Holberton"]
