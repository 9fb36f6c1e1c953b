"""Task 0: dump.rdb."""

from ...harness.servers import REDIS_SERVER, RealServer
from ..findings import Wrong
from ..hints import other_edition
from . import check

SCHOOL = b"School"
TEXT, END = b"\x00", b"\xff"  # before a string's key; before the checksum at the end of the file


@check("holds the string School at the course's key")
def check_key(stage):
    dump, key = stage.folder / "dump.rdb", stage.edition.key
    serve = 'redis-server --port 6380 --dir "$PWD" --save "" & sleep 1'
    stage.commands = [serve, f"redis-cli -p 6380 get {key}"]
    try:
        data = dump.read_bytes()
    except OSError as error:
        raise Wrong(f"cannot be read: {error.strerror}") from None
    if data[:5] != b"REDIS" or not data[5:9].isdigit():
        raise Wrong("is not a file that Redis saved")
    if data[-9:-8] != END:
        raise Wrong("is cut off: it has no end")
    found = held_by(data)
    if found is None and holds_text(data, key.encode(), SCHOOL):
        return
    if found is None:
        raise Wrong(f"does not hold {SCHOOL.decode()} at the key {key}")
    value, keys = found.get(key.encode()), set(found)
    if value != SCHOOL:
        what = f"get {key} gives {value!r} and not {SCHOOL.decode()!r}"
        raise Wrong(what, hint=other_edition(stage, keys))


def version(dump):
    """Return the version of a dump's format, which is in its head."""
    return int(dump[5:9])


def held_by(dump):
    """Return the keys and values (for a value that is not a string: its type) that a redis-server
    loads from a dump. Return None if there is no server here, or it is too old for the dump."""
    if not REDIS_SERVER:
        return None
    try:
        with RealServer(dump=dump) as server:
            kinds = {key: server.client.type(key) for key in server.client.scan_iter()}
            return {
                key: server.client.get(key) if kind == b"string" else kind
                for key, kind in kinds.items()
            }
    except RuntimeError:
        with RealServer() as server:
            server.client.save()
            newest = version(server.dump.read_bytes())
        if version(dump) > newest:
            return None
        raise Wrong("redis-server cannot load it") from None


def holds_text(data, key, value):
    """Return whether a key and its value are in a dump. Every version of the format stores short
    texts unchanged, each after its length."""
    texts = b"".join(bytes([len(text)]) + text for text in (key, value))
    return TEXT + texts in data


CHECKS = [check_key]
