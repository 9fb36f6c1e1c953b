"""What stands between the scripts that are judged and the server: it sees each command, and can
do something before it, or make it slow."""

import collections
import contextlib
import re
import socket
import threading
import time
import zlib

import psutil


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
        with contextlib.suppress(OSError, ValueError):
            pump()
        self.close()

    def to_server(self):
        with self.client.makefile("rb") as stream:
            while raw := self.read_command(stream):
                self.wait()
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
        if words[:1] and (name := words[0].upper()) in (b"MULTI", b"EXEC", b"DISCARD"):
            self.transaction = name == b"MULTI"
        self.proxy.saw(self, words)
        return head + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def wait(self):
        """Wait while this connection is held."""
        self.open.wait()

    def to_client(self):
        while chunk := self.server.recv(65536):
            while (left := self.held_until - time.monotonic()) > 0:
                time.sleep(min(left, 0.02))
            if latency := self.proxy.latency_of(self):
                time.sleep(latency)
            self.wait()
            self.proxy.replied(chunk)
            self.client.sendall(chunk)

    def close(self):
        self.open.set()
        for end in self.client, self.server:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.proxy.connections.discard(self)


class Proxy:
    """Listens on a port of 127.0.0.1 and passes on to the server's."""

    def __init__(self, port, server_port):
        self.port, self.server_port = port, server_port
        self.listener = None
        self.connections = set()
        self.reset()

    def reset(self):
        """Forget what was seen, and let everything pass as it comes."""
        self.commands = []  # each with its time
        self.rules = []
        self.lacks = set()  # commands that the server does not know
        self.delays, self.changes, self.changed = {}, {}, 0
        self.slowed, self.spared = {}, None
        for connection in list(self.connections):
            connection.open.set()
            connection.held_until = 0

    def listen(self):
        if self.listener:
            return
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self.listener.getsockname()[1]
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
        for matches, action in list(self.rules):
            if matches(words):
                action(connection)

    def replied(self, chunk):
        # RQ asks for INFO, which fakeredis has not, and does without it.
        known = b"'info'" in chunk[:40].lower()
        if chunk.startswith(b"-") and b"unknown command" in chunk[:40] and not known:
            self.lacks.add(chunk[1:80].split(b"\r")[0].decode(errors="replace"))

    def once(self, name, key, action):
        """Call action(connection) when a command `name`, of this key, comes by for the first time;
        return a list that then is not empty."""
        done = []

        def matches(words):
            if done or words[0].upper() != name or key not in (None, *words[1:2]):
                return False
            done.append(True)
            return True

        self.rules.append((matches, action))
        return done

    def before(self, name, key, action):
        """Call action() before the next command `name` of this key, outside of a transaction."""

        def outside(connection):
            if connection.transaction:
                done.clear()
            else:
                action()

        done = self.once(name, key, outside)
        return done

    def delay_reply(self, name, seconds):
        """Keep back the reply to the next command `name`, and what follows on its connection."""

        def later(connection):
            connection.held_until = time.monotonic() + seconds

        self.once(name, None, later)

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

    def hint(self, name):
        """A line that says which channels a command was seen with, or None."""
        commands = [words for _, words in list(self.commands) if words[0].upper() == name]
        channels = sorted({repr(words[1].decode(errors="replace")) for words in commands})
        return f"Its {name.decode()} names {', '.join(channels)}." if channels else None

    def asked(self, name):
        """How often a command was seen."""
        return sum(words[0].upper() == name for _, words in list(self.commands))

    # Slowness for all but one console.

    def latency_of(self, connection):
        """How much later a reply is to be: it is so for the jobs in `delays`."""
        if not self.delays or not self.is_slow(connection):
            return 0
        return max([self.delays.get(job, 0) for job in self.last_jobs(connection)], default=0)

    def connections_of(self, job):
        """The slow connections that had to do with this job last, of those in `delays`."""
        return [
            connection
            for connection in list(self.connections)
            if self.is_slow(connection) and job in self.last_jobs(connection)
        ]

    def last_jobs(self, connection):
        """The jobs in `delays` that the connection's last commands were about."""
        for command in reversed(list(connection.recent)):
            if jobs := [job for job in self.delays if mentions(command, job)]:
                return jobs
        return []

    def is_slow(self, connection):
        if connection not in self.slowed:
            self.slowed[connection] = connection.port not in ports(self.spared)
        return self.slowed[connection]


def mentions(command, job):
    """Whether a job's id is in a command as a word of its own."""
    return re.search(rb"(?<![0-9A-Za-z.-])%s(?![0-9A-Za-z.-])" % job.encode(), command)


def ports(console):
    """The local ports of a console's main process."""
    with contextlib.suppress(psutil.Error):
        connections = psutil.Process(console.process.pid).net_connections("tcp")
        return {connection.laddr.port for connection in connections}
    return set()
