"""What stands between the scripts that are judged and the server: it sees each command, and can
do something before it, or make it slow."""

import collections
import contextlib
import functools
import re
import socket
import threading
import time
import zlib

import psutil

from .servers import free_port


class Connection:
    """A script's connection, and the proxy's own to the server for it."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.port = client.getpeername()[1]
        self.server = socket.create_connection(("127.0.0.1", proxy.server_port))
        for end in client, self.server:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.open = threading.Event()  # while it is not set, nothing passes, in either direction
        self.open.set()
        self.held_until = 0
        self.transaction = False
        self.recent = collections.deque(maxlen=6)  # its last commands
        for pump in self.to_server, self.to_client:
            threading.Thread(target=self.pump, args=(pump,), daemon=True).start()

    def pump(self, pump):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pump()
        self.close()

    def to_server(self):
        with self.client.makefile("rb") as stream:
            while raw := self.read_command(stream):
                self.open.wait()
                self.server.sendall(raw)

    def read_command(self, stream):
        """Read a command, tell the proxy of it, and return it as it came."""
        head = stream.readline()
        if not head.startswith(b"*"):
            return head  # an inline command, or the end
        words = []
        for _ in range(int(head[1:])):
            size = int(stream.readline()[1:])
            words.append(self.proxy.rewrite(stream.read(size + 2)[:-2]))
        self.recent.append(b" ".join(words))
        if (name := words[0].upper()) in (b"MULTI", b"EXEC", b"DISCARD"):
            self.transaction = name == b"MULTI"
        self.proxy.saw(self, words)
        return head + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def to_client(self):
        while chunk := self.server.recv(65536):
            latency = max([self.proxy.delays.get(job, 0) for job in self.jobs()], default=0)
            time.sleep(max(self.held_until - time.monotonic(), latency))
            self.open.wait()
            self.proxy.replied(chunk)
            self.client.sendall(chunk)

    def jobs(self):
        """The jobs in the proxy's `delays` that its last commands were about, if it is slow."""
        if self.proxy.delays and self.is_slow:
            for command in reversed(list(self.recent)):
                if jobs := [job for job in self.proxy.delays if mentions(command, job)]:
                    return jobs
        return []

    @functools.cached_property
    def is_slow(self):
        """Whether it is none of the spared console's."""
        with contextlib.suppress(psutil.Error):
            spared = psutil.Process(self.proxy.spared.process.pid).net_connections("tcp")
            return self.port not in {connection.laddr.port for connection in spared}
        return True

    def close(self):
        self.open.set()
        for end in self.client, self.server:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.proxy.connections.discard(self)


class Proxy:
    """Listens on a port of 127.0.0.1 and passes on to the server's. Use it in a `with` statement:
    `run(NAME, proxy.url)`."""

    def __init__(self, server_port, port=0):
        self.server_port, self.port = server_port, port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.listener = None
        self.connections = set()
        self.reset()

    def reset(self):
        """Forget what was seen, and let everything pass as it comes."""
        self.commands = []  # each with its time
        self.rules = []  # what before() was given, and the list that it has returned
        self.late = {}  # by a command's name, the seconds that delay_reply() was given
        self.lacks = set()  # commands that the server does not know
        self.changes, self.changed = {}, 0
        self.delays = {}  # by a job's id, how much later the replies are that are about it
        self.spared = None  # the console for which there are no such delays

    def __enter__(self):
        self.listen()
        return self

    def __exit__(self, *error):
        self.close()

    def listen(self):
        if self.listener:
            return
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with contextlib.suppress(OSError):
                    self.connections.add(Connection(self, client))

    def close(self):
        """Be a server that is not there."""
        if self.listener:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            self.listener.close()
            self.listener = None
        for connection in list(self.connections):
            connection.close()

    def saw(self, connection, words):
        self.commands.append((time.monotonic(), words))
        name = words[0].upper()
        held_until = time.monotonic() + self.late.pop(name, 0)
        connection.held_until = max(connection.held_until, held_until)
        for wanted, key, action, done in self.rules:
            if [name, *words[1:2]] == [wanted, key] and not (done or connection.transaction):
                done.append(True)
                action()

    def replied(self, chunk):
        # RQ asks for INFO, which fakeredis has not, and does without it.
        if found := re.search(rb"(?im)^-(.{,9}unknown command (?!'info')[^\r]{,60})", chunk):
            self.lacks.add(found[1].decode(errors="replace"))

    def before(self, name, key, action):
        """Call action() before the next command `name` of this key, outside of a transaction;
        return a list that then is not empty."""
        done = []
        self.rules.append((name, key, action, done))
        return done

    def delay_reply(self, name, seconds):
        """Keep back the reply to the next command `name`, and what follows on its connection."""
        self.late[name] = seconds

    def rewrite(self, word):
        """Change what the rules in `changes` say, also inside of what is compressed, as RQ does."""
        if not self.changes or len(word) < 8:
            return word
        text = word
        with contextlib.suppress(zlib.error):
            text = zlib.decompress(word)
        new = text
        for old, replacement in self.changes.items():
            new = new.replace(old, replacement)
        if new == text:
            return word
        self.changed += 1
        return new if text is word else zlib.compress(new)

    def seen(self, name):
        """The commands of this name that were seen, each with its time."""
        return [(when, words) for when, words in list(self.commands) if words[0].upper() == name]

    def asked(self, name):
        """How often a command was seen."""
        return len(self.seen(name))

    def hint(self, name):
        """A line that says which channels a command was seen with, or None."""
        channels = sorted({repr(words[1].decode(errors="replace")) for _, words in self.seen(name)})
        return f"Its {name.decode()} names {', '.join(channels)}." if channels else None


def mentions(command, job):
    """Whether a job's id is in a command as a word of its own."""
    return re.search(rb"(?<![0-9A-Za-z.-])%s(?![0-9A-Za-z.-])" % job.encode(), command)
