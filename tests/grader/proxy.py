"""The grader's proxy. Besides what the tests' proxy does, it changes data on its way to Redis, and
lets no script stop the server."""

import contextlib
import re
import time
import zlib

from ..course import JOB
from ..harness import proxy

STOPS = {b"SHUTDOWN": b"", b"CLIENT": b"PAUSE", b"REPLICAOF": b"", b"SLAVEOF": b"", b"DEBUG": b""}
# Parameters of CONFIG SET that lock others out, or make Redis write files elsewhere.
HARMFUL = {
    *(b"bind", b"port", b"requirepass", b"protected-mode", b"maxclients", b"timeout"),
    *(b"maxmemory", b"dir", b"dbfilename"),
}
# RQ sends INFO, which fakeredis lacks; RQ can do without it.
UNKNOWN = rb"(?im)^-.{,9}unknown command [`']?(?!info\b)([\w.]+)"
FIRST_NAME = next(iter(JOB)).encode()  # in any command with a job's data


class Connection(proxy.Connection):
    def __init__(self, proxy_, client):
        self.port = client.getpeername()[1]  # the script's
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
        time.sleep(self.proxy.latency)
        if found := re.search(UNKNOWN, chunk):
            self.proxy.unknown_commands.add(found[1].decode(errors="replace").upper())


class GradingProxy(proxy.Proxy):
    connection = Connection

    def reset(self):
        super().reset()
        self.forbidden_command = None  # one that would have stopped the server
        self.unknown_commands = set()  # those that the server does not know
        self.rewrites, self.rewritten_count = {}, 0  # old texts to new; how many words changed
        self.latency = 0  # in seconds, of each reply
        self.data_hold, self.data_seen = 0, None  # in seconds; when a job's data first came
        self.sent_by = []  # the port of a connection, and a command that came on it

    def hold_data(self, words):
        """Hold back the first command with a job's data for `data_hold` seconds."""
        if self.data_hold and any(FIRST_NAME in unzipped(word) for word in words):
            seconds, self.data_hold = self.data_hold, 0
            self.data_seen = time.monotonic()
            time.sleep(seconds)

    def rewrite(self, word):
        """Apply `rewrites` to a word, even if its text is compressed, as RQ's data is."""
        text = new = unzipped(word) if self.rewrites else word
        for old, replacement in self.rewrites.items():
            new = new.replace(old, replacement)
        if new == text:
            return word
        self.rewritten_count += 1
        return new if text is word else zlib.compress(new)


def unzipped(word):
    """Return what a word contains in compressed form or, if nothing, the word."""
    with contextlib.suppress(zlib.error):
        return zlib.decompress(word)
    return word
