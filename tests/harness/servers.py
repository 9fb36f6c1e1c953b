"""The servers that the tests start: fakeredis's, in this process, and a real redis-server."""

import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import redis
from fakeredis import TcpFakeServer
from fakeredis._clients import _tcp_server
from redis.backoff import NoBackoff
from redis.retry import Retry

from .console import RUNNING

_tcp_server._POLL_INTERVAL = 0.002  # seconds that a message to a waiting client may wait in turn
DUMP = Path(__file__).parents[2] / "dump.rdb"
REDIS_SERVER = shutil.which("redis-server")


def free_port():
    """A port for a server. No other connection is given it meanwhile: those get higher ones."""
    while not is_free(port := random.randrange(10_000, 32_000)):
        pass
    return port


def is_free(port):
    """Whether nothing listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Server:
    """A server on 127.0.0.1 that holds what dump.rdb holds. Use it in a `with` statement."""

    def __init__(self, port=None):
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.client = redis.Redis(port=self.port, protocol=2, retry=Retry(NoBackoff(), 0))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.client.close()
        self.stop()

    def is_alive(self):
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def restart(self):
        """Start it again if it has ended."""
        self.client.connection_pool.disconnect()
        self.stop()
        self.start()

    def reset(self):
        """Put the server's data back to what dump.rdb holds."""
        self.client.flushall()
        self.client.set("Holberton", "School")


def mended(handler_class):
    """fakeredis's handler of a connection, without the faults that redis-py's clients meet."""

    class Handler(handler_class):
        disable_nagle_algorithm = (
            True  # or a reply in several parts waits 40 ms for the client's delayed ACK
        )

        def setup(self):
            super().setup()
            # CLIENT INFO has its addresses as tuples, with a blank inside that no client can parse.
            info = self.current_client.get_socket()._client_info
            for name in "addr", "laddr":
                info[name] = ":".join(map(str, info[name]))
            # An error reply (RQ asks for INFO, which is not there) closes the connection.
            read_response = self.current_client.read_response

            def read_response_or_error():
                try:
                    return read_response()
                except redis.ResponseError as error:
                    return error

            self.current_client.read_response = read_response_or_error

    return Handler


class FakeServer(Server):
    """fakeredis's TCP server. It cannot load an RDB file, so it is told what is in ours."""

    kind = "fakeredis"

    def start(self):
        self.server = TcpFakeServer(("127.0.0.1", self.port))
        self.server.daemon_threads = True
        self.server.RequestHandlerClass = mended(self.server.RequestHandlerClass)
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.thread.start()
        self.reset()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class RealServer(Server):
    """A redis-server with a folder of its own, where dump.rdb lies before it starts."""

    kind = "redis-server"

    def __init__(self, port=None, dump=DUMP, executable=REDIS_SERVER):
        super().__init__(port)
        self.executable = executable
        self.folder = tempfile.TemporaryDirectory(prefix="redis-")
        self.dump = Path(self.folder.name, "dump.rdb")
        shutil.copy(dump, self.dump)

    def start(self, *options):
        command = [
            self.executable,
            "--port",
            self.port,
            "--bind",
            "127.0.0.1",
            "--dir",
            self.folder.name,
            *options,
        ]
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        RUNNING.add(self.process.pid)
        for _ in range(200):
            try:
                return self.client.ping()
            except redis.AuthenticationError:
                return  # it is there, and asks for a password
            except redis.ConnectionError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise RuntimeError(f"redis-server does not answer on port {self.port}")

    def stop(self, *, save=False):
        """End the server: with what it holds in its RDB file, or as it is."""
        if save:
            self.process.terminate()
        else:
            self.process.kill()
        self.process.wait()

    def __exit__(self, *error):
        super().__exit__(*error)
        self.folder.cleanup()


KINDS = {"fakeredis": FakeServer, "redis-server": RealServer}
