"""Task 0: dump.rdb."""

import pytest

from .course import Missing, Wrong
from .servers import REDIS_SERVER, RealServer


@pytest.fixture
def dump(request):
    path = request.config.folder / "dump.rdb"
    if not path.is_file():
        raise Missing(f"dump.rdb is missing from {path.parent}", pytrace=False)
    if not REDIS_SERVER:
        pytest.skip("that takes a redis-server, and there is none on this machine")
    return path


def version(path):
    """The version that the head of an RDB file gives, or None."""
    head = path.read_bytes()[:9]
    return int(head[5:]) if head[:5] == b"REDIS" and head[5:].isdigit() else None


def test_holds_the_string_School_at_the_key_Holberton(dump):
    if version(dump) is None:
        raise Wrong("is no file that Redis has saved")
    try:
        with RealServer(dump=dump) as server:
            kind = server.client.type("Holberton")
            value = server.client.get("Holberton") if kind == b"string" else kind
    except RuntimeError:
        with RealServer() as server:
            server.client.save()
            newest = version(server.dump)
        if version(dump) > newest:
            pytest.skip(
                f"its RDB version is {version(dump)}, and the redis-server here reads {newest}"
            )
        raise Wrong("redis-server cannot load it") from None
    if value != b"School":
        raise Wrong(f"get Holberton gives {value!r} and not 'School'")


@pytest.mark.strict
def test_is_of_version_9_and_holds_nothing_else(dump):
    assert version(dump) == 9, "Redis 5 reads no later version"
    with RealServer(dump=dump) as server:
        assert server.client.keys() == [b"Holberton"]
