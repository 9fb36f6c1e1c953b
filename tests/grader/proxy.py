"""The grader's proxy: besides what the tests' proxy does, it changes data on its way to Redis, and
lets nobody stop the server."""

import contextlib
import re
import time
import zlib

from ..course import JOB
from ..harness import proxy

STOPS = {b"SHUTDOWN": b"", b"CLIENT": b"PAUSE", b"REPLICAOF": b"", b"SLAVEOF": b"", b"DEBUG": b""}
# Parameters with which CONFIG SET locks others out, or writes files elsewhere.
HARMFUL = {
    *(b"bind", b"port", b"requirepass", b"protected-mode", b"maxclients", b"timeout"),
    *(b"maxmemory", b"dir", b"dbfilename"),
}
# RQ asks for INFO, which fakeredis lacks, and does without it.
UNKNOWN = rb"(?im)^-.{,9}unknown command [`']?(?!info\b)([\w.]+)"
FIRST_NAME = next(iter(JOB)).encode()  # in whatever carries the data of a job


class Connection(proxy.Connection):
    def __init__(self, proxy_, client):
        self.port = client.getpeername()[1]  # of the script's end
        super().__init__(proxy_, client)

    def outgoing(self, words):
        name, first = words[0].upper(), b"".join(words[1:2]).upper()
        harmful = name == b"CONFIG" and first == b"SET"
        harmful = harmful and bool(HARMFUL & {word.lower() for word in words[2::2]})
        if harmful or STOPS.get(name) in (b"", first):
            text = b" ".join(words[:3] if harmful else [name, STOPS[name]])
            self.proxy.forbidden_command = text.decode(errors="replace").strip()
            raise OSError("this connection ends here")
        self.proxy.hold_data(words)
        self.proxy.sent_by.append((self.port, words))
        return [self.proxy.rewrite(word) for word in words]

    def incoming(self, chunk):
        if found := re.search(UNKNOWN, chunk):
            self.proxy.unknown_commands.add(found[1].decode(errors="replace").upper())


class GradingProxy(proxy.Proxy):
    connection = Connection

    def reset(self):
        super().reset()
        self.forbidden_command = None  # one that would have stopped the server
        self.unknown_commands = set()  # what the server does not know
        self.rewrites, self.rewritten_count = {}, 0  # old and new texts; how many words changed
        self.data_hold, self.data_seen = 0, None  # seconds; when the first data of a job came
        self.sent_by = []  # each command, with the port of the connection that it came on

    def hold_data(self, words):
        """Keep back the first command with the data of a job for `data_hold` seconds."""
        if self.data_hold and any(FIRST_NAME in unzipped(word) for word in words):
            seconds, self.data_hold = self.data_hold, 0
            self.data_seen = time.monotonic()
            time.sleep(seconds)

    def rewrite(self, word):
        """Change what `rewrites` says, also inside of what is compressed, as RQ does it."""
        text = new = unzipped(word) if self.rewrites else word
        for old, replacement in self.rewrites.items():
            new = new.replace(old, replacement)
        if new == text:
            return word
        self.rewritten_count += 1
        return new if text is word else zlib.compress(new)


def unzipped(word):
    """What is compressed in a word, or the word."""
    with contextlib.suppress(zlib.error):
        return zlib.decompress(word)
    return word
