"""What the tests of the four job scripts share."""

import contextlib
import json
import os
import zlib

from .course import explain


def stored(client):
    """Every string that Redis holds in its values, uncompressed."""
    found = []
    for key in client.scan_iter():
        kind = client.type(key).decode()
        if kind == "string":
            found.append(client.get(key))
        elif kind == "hash":
            found += client.hvals(key)
        elif kind == "list":
            found += client.lrange(key, 0, -1)
        elif kind in ("set", "zset"):
            found += client.smembers(key) if kind == "set" else client.zrange(key, 0, -1)
        elif kind == "stream":
            found += [value for _, fields in client.xrange(key) for value in fields.values()]
    for value in list(found):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompress(value))
    return found


def objects(value):
    """Every object in some JSON."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from objects(part)


def queued(console, server, queue, expected):
    """Fail the test unless the queue is in Redis, and the expected data with it: as JSON, and not pickled."""
    values = stored(server.client)
    names = [key.decode(errors="replace") for key in server.client.scan_iter()]
    if not any(name.endswith(queue) for name in names) and queue.encode() not in values:
        explain(
            console,
            None,
            f"should have put its jobs on the queue {queue}; the keys in Redis are {sorted(names)}",
        )
    if any(value[:1] == b"\x80" and value[-1:] == b"." for value in values):
        explain(console, None, "should not have stored a pickle, which runs code when it is read")
    found = []
    for value in values:
        with contextlib.suppress(ValueError):
            found += objects(json.loads(value))
    if missing := [data for data in expected if data not in found]:
        explain(console, None, f"should have stored as JSON the data {missing[0]}")


class Stuck:
    """A pipe that is full, so that a script that prints waits for free(): its jobs are as slow as a test wants."""

    def __init__(self):
        reader, self.writer = os.pipe()
        self.output = os.fdopen(reader, "rb")
        os.set_blocking(self.writer, False)
        self.filled = 0
        with contextlib.suppress(BlockingIOError):
            for size in 65536, 4096, 1:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        self.filled += os.write(self.writer, b"." * size)
        os.set_blocking(self.writer, True)

    def free(self):
        """Let the script print, and return a file to read what it prints (without the filling) from."""
        self.close_writer()
        self.output.read(self.filled)
        return self.output

    def close_writer(self):
        if self.writer is not None:
            os.close(self.writer)
        self.writer = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close_writer()
        self.output.close()


JOB = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}
NUMBERS_AND_CODES = [
    *[
        ("4153518780", "1234"),
        ("4153518781", "4562"),
        ("4153518743", "4321"),
        ("4153538781", "4562"),
    ],
    *[
        ("4153118782", "4321"),
        ("4153718781", "4562"),
        ("4159518782", "4321"),
        ("4158718781", "4562"),
    ],
    *[("4153818782", "4321"), ("4154318781", "4562"), ("4151218782", "4321")],
]
JOBS_2 = [
    {"phoneNumber": number, "message": f"This is the code {code} to verify your account"}
    for number, code in NUMBERS_AND_CODES
]
