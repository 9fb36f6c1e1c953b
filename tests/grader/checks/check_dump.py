"""Task 0: dump.rdb."""

import pytest

from ...harness.servers import REDIS_SERVER, RealServer
from ..verdict import CannotJudge, Wrong


@pytest.fixture
def dump(folder):
    if not REDIS_SERVER:
        raise CannotJudge("that takes a redis-server, and there is none on this machine")
    return folder / "dump.rdb"


def version(path):
    """The version that the head of an RDB file gives, or None."""
    head = path.read_bytes()[:9]
    return int(head[5:]) if head[:5] == b"REDIS" and head[5:].isdigit() else None


def check_holds_the_string_School_at_the_key_Holberton(dump):
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
            raise CannotJudge(
                f"its RDB version is {version(dump)}, and the redis-server here reads {newest}"
            ) from None
        raise Wrong("redis-server cannot load it") from None
    if value != b"School":
        raise Wrong(f"get Holberton gives {value!r} and not 'School'")


@pytest.mark.strict
def check_is_of_version_9_and_holds_nothing_else(dump):
    if version(dump) != 9:
        raise Wrong(f"is of version {version(dump)}, and Redis 5 reads none after 9")
    with RealServer(dump=dump) as server:
        if server.client.keys() != [b"Holberton"]:
            raise Wrong(f"holds the keys {server.client.keys()}")
