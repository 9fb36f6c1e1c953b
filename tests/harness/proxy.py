"""What stands between scripts and the server: it sees each command, and can do something before
it, or keep its reply back."""

import contextlib
import socket
import threading
import time

from .servers import free_port


class Connection:
    """A script's connection, and the proxy's own to the server for it."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.create_connection(("127.0.0.1", proxy.server_port))
        for end in client, self.server:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held_until = 0
        self.transaction = False
        for copy in self.to_server, self.to_client:
            threading.Thread(target=self.run_direction, args=(copy,), daemon=True).start()

    def run_direction(self, copy):
        with contextlib.suppress(OSError, ValueError, IndexError):
            copy()
        self.close()

    def to_server(self):
        with self.client.makefile("rb") as stream:
            while raw := self.read_command(stream):
                self.server.sendall(raw)

    def read_command(self, stream):
        """Read a command, tell the proxy of it, and return it as it is to be sent."""
        head = stream.readline()
        if not head.startswith(b"*"):
            return head  # an inline command, or the end
        words = []
        for _ in range(int(head[1:])):
            size = int(stream.readline()[1:])
            words.append(stream.read(size + 2)[:-2])
        words = self.outgoing(words)
        if (name := words[0].upper()) in (b"MULTI", b"EXEC", b"DISCARD"):
            self.transaction = name == b"MULTI"
        self.proxy.saw(self, words)
        return head + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def to_client(self):
        while chunk := self.server.recv(65536):
            time.sleep(max(self.held_until - time.monotonic(), 0))
            self.incoming(chunk)
            self.client.sendall(chunk)

    def outgoing(self, words):
        """What is sent in place of a command: for subclasses."""
        return words

    def incoming(self, chunk):
        """Called before a reply is passed on: for subclasses."""

    def close(self):
        for end in self.client, self.server:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.proxy.connections.discard(self)


class Proxy:
    """Listens on a port of 127.0.0.1 and passes on to the server's. Use it in a `with` statement:
    `run(NAME, proxy.url)`."""

    connection = Connection

    def __init__(self, server_port, port=0):
        self.server_port, self.port = server_port, port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.listener = None
        self.connections = set()
        self.reset()

    def reset(self):
        """Forget what was seen, and let everything pass as it comes."""
        self.commands = []  # each with its time
        self.rules = []  # what before() was given, and the Event that it has returned
        self.late = {}  # by a command's name, the seconds that delay_reply() was given
        self.errors = []  # what actions raised

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
                    self.connections.add(self.connection(self, client))

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
        for wanted, key, action, begun in self.rules:
            is_it = name in wanted and key in words[1:] and not connection.transaction
            if is_it and not begun.is_set():
                begun.set()
                try:
                    action()
                except Exception as error:  # noqa: BLE001 (it belongs to whoever gave the action)
                    self.errors.append(error)

    def before(self, names, key, action):
        """Call action() before the next command with one of these names that has this key, outside
        of a transaction. Returns an Event that is set when the action begins. What the action
        raises, check() raises."""
        begun = threading.Event()
        self.rules.append(({names} if isinstance(names, bytes) else names, key, action, begun))
        return begun

    def check(self):
        """Raise the first error that an action raised, once."""
        if self.errors:
            raise self.errors.pop(0)

    def delay_reply(self, name, seconds):
        """Keep back the reply to the next command `name`, and what follows on its connection."""
        self.late[name] = seconds

    def seen(self, *names):
        """The commands of these names that were seen, each with its time."""
        return [(when, words) for when, words in list(self.commands) if words[0].upper() in names]

    def asked(self, *names):
        """How often these commands were seen."""
        return len(self.seen(*names))
