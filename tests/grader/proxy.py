"""The proxy of the grader: besides what the tests' one does, it changes data on its way, makes the
work on some jobs slow or halts it, and lets nobody stop the server."""

import collections
import contextlib
import functools
import re
import threading
import time
import zlib

import psutil

from ..harness import proxy

STOPS = {b"SHUTDOWN": b"", b"CONFIG": b"SET", b"CLIENT": b"PAUSE", b"REPLICAOF": b"", b"DEBUG": b""}


class Connection(proxy.Connection):
    def __init__(self, proxy, client):
        self.port = client.getpeername()[1]
        self.open = threading.Event()  # while it is not set, nothing passes, in either direction
        self.open.set()
        self.recent = collections.deque(maxlen=6)  # its last commands
        super().__init__(proxy, client)

    def outgoing(self, words):
        words = [self.proxy.rewrite(word) for word in words]
        name, first = words[0].upper(), b"".join(words[1:2]).upper()
        if STOPS.get(name) in (b"", first):
            self.proxy.harm = b" ".join([name, STOPS[name]]).decode().strip()
            raise OSError("this connection ends here")
        self.recent.append(b" ".join(words))
        self.open.wait()
        return words

    def incoming(self, chunk):
        time.sleep(max([self.proxy.delays.get(job, 0) for job in self.jobs()], default=0))
        self.open.wait()
        # RQ asks for INFO, which fakeredis has not, and does without it.
        if found := re.search(rb"(?im)^-(.{,9}unknown command (?!'info')[^\r]{,60})", chunk):
            self.proxy.lacks.add(found[1].decode(errors="replace"))

    def jobs(self):
        """The jobs in the proxy's `delays` that its last commands were about, if it is slow."""
        if self.proxy.delays and self.may_be_slowed:
            for command in reversed(list(self.recent)):
                if jobs := [job for job in self.proxy.delays if mentions(command, job)]:
                    return jobs
        return []

    @functools.cached_property
    def may_be_slowed(self):
        """False for the connections of the console that must stay fast."""
        with contextlib.suppress(psutil.Error):
            spared = psutil.Process(self.proxy.spared.process.pid).net_connections("tcp")
            return self.port not in {connection.laddr.port for connection in spared}
        return True

    def close(self):
        self.open.set()
        super().close()


class JudgingProxy(proxy.Proxy):
    connection = Connection

    def reset(self):
        super().reset()
        self.harm = None  # a command that would have stopped the server
        self.lacks = set()  # commands that the server does not know
        self.changes, self.changed = {}, 0  # old and new texts, and how many words have changed
        self.delays = {}  # by a job's id, how much later the replies are that are about it
        self.spared = None  # the console for which there are no such delays

    def rewrite(self, word):
        """Change what the rules in `changes` say, also inside of what is compressed, as RQ does."""
        if not self.changes or len(word) < 8:
            return word
        text = unzipped(word)
        new = text
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


def mentions(command, job):
    """Whether a job's id is in a command as a word of its own."""
    return re.search(rb"(?<![0-9A-Za-z.-])%s(?![0-9A-Za-z.-])" % job.encode(), command)
