"""A proxy between scripts and the server. It records each command, and can call a function before
a command, or delay its reply."""

import contextlib
import socket
import threading
import time

from .servers import free_port


class Connection:
    """A connection of a script, and the one to the server that the proxy opens for it."""

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
        """Read a command, report it to the proxy, and return the bytes to send to the server."""
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
        """Return the words to send in place of a command. For subclasses."""
        return words

    def incoming(self, chunk):
        """Called before a reply is passed on. For subclasses."""

    def close(self):
        for end in self.client, self.server:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.proxy.connections.discard(self)


class Proxy:
    """Listens on a port of 127.0.0.1, and passes on all that comes to the server. Use it in a
    `with` statement, and give scripts its `url`."""

    connection = Connection

    def __init__(self, server_port, port=0):
        self.server_port, self.port = server_port, port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.listener = None
        self.connections = set()
        self.reset()

    def reset(self):
        """Forget all commands and rules."""
        self.commands = []  # each with its time
        self.rules = []  # the arguments of before(), and the Event that it returned
        self.late = {}  # the arguments of delay_reply()
        self.errors = []  # exceptions of actions

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
        """Stop listening and close all connections, as a server that goes away."""
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
                except Exception as error:  # noqa: BLE001 (check() raises it)
                    self.errors.append(error)

    def before(self, names, key, action):
        """Call action() before the next command that has one of these names and this key, and is
        not in a transaction. Return an Event that is set when the action begins. An exception of
        the action is raised by check()."""
        begun = threading.Event()
        self.rules.append(({names} if isinstance(names, bytes) else names, key, action, begun))
        return begun

    def check(self):
        """Raise the first exception of an action, once."""
        if self.errors:
            raise self.errors.pop(0)

    def delay_reply(self, name, seconds):
        """Delay the reply to the next command `name`, and all later ones on its connection."""
        self.late[name] = seconds

    def seen(self, *names):
        """Return the commands with one of these names so far, each with its time."""
        return [(when, words) for when, words in list(self.commands) if words[0].upper() in names]

    def asked(self, *names):
        """Return how often these commands were sent."""
        return len(self.seen(*names))
