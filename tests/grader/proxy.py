"""The proxy of the grader: besides what the tests' one does, it changes data on its way, and lets
nobody stop the server."""

import contextlib
import re
import zlib

from ..harness import proxy

STOPS = {b"SHUTDOWN": b"", b"CONFIG": b"SET", b"CLIENT": b"PAUSE", b"REPLICAOF": b"", b"DEBUG": b""}


class Connection(proxy.Connection):
    def outgoing(self, words):
        name, first = words[0].upper(), b"".join(words[1:2]).upper()
        if STOPS.get(name) in (b"", first):
            self.proxy.harm = b" ".join([name, STOPS[name]]).decode().strip()
            raise OSError("this connection ends here")
        return [self.proxy.rewrite(word) for word in words]

    def incoming(self, chunk):
        # RQ asks for INFO, which fakeredis has not, and does without it.
        if found := re.search(rb"(?im)^-(.{,9}unknown command (?!'info')[^\r]{,60})", chunk):
            self.proxy.lacks.add(found[1].decode(errors="replace"))


class JudgingProxy(proxy.Proxy):
    connection = Connection

    def reset(self):
        super().reset()
        self.harm = None  # a command that would have stopped the server
        self.lacks = set()  # commands that the server does not know
        self.changes, self.changed = {}, 0  # old and new texts, and how many words have changed

    def rewrite(self, word):
        """Change what the rules in `changes` say, also inside of what is compressed, as RQ does."""
        text = new = unzipped(word) if self.changes else word
        for old, replacement in self.changes.items():
            new = new.replace(old, replacement)
        if new == text:
            return word
        self.changed += 1
        return new if text is word else zlib.compress(new)


def unzipped(word):
    """What is compressed in a word, or the word."""
    with contextlib.suppress(zlib.error):
        return zlib.decompress(word)
    return word
