"""Task 0: dump.rdb."""

from ...harness.servers import REDIS_SERVER, RealServer
from ..hints import other_edition
from ..verdict import CannotJudge, Wrong

SCHOOL = b"School"


def version(path):
    """The version that the head of an RDB file gives, or None."""
    head = path.read_bytes()[:9]
    return int(head[5:]) if head[:5] == b"REDIS" and head[5:].isdigit() else None


def check_key(stage):
    """holds the string School at the key of the course"""
    if not REDIS_SERVER:
        raise CannotJudge("that takes a redis-server, and there is none on this machine")
    dump, key = stage.folder / "dump.rdb", stage.edition.key
    serve = f"redis-server --port 6380 --dir {stage.typed(stage.folder)}"
    stage.commands = [f"{serve} & sleep 1", f"redis-cli -p 6380 get {key}"]
    try:
        if version(dump) is None:
            raise Wrong("is no file that Redis has saved")
        with RealServer(dump=dump) as server:
            kind = server.client.type(key)
            value = server.client.get(key) if kind == b"string" else kind
            keys = set(server.client.keys())
    except OSError as error:
        raise Wrong(f"cannot be read: {error.strerror}") from None
    except RuntimeError:
        with RealServer() as server:
            server.client.save()
            newest = version(server.dump)
        if version(dump) > newest:
            raise CannotJudge(
                f"its RDB version is {version(dump)}, and the redis-server here reads {newest}"
            ) from None
        raise Wrong("redis-server cannot load it") from None
    if value != SCHOOL:
        what = f"get {key} gives {value!r} and not {SCHOOL.decode()!r}"
        raise Wrong(what, hint=other_edition(stage, keys))
