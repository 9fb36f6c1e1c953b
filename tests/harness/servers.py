"""The servers that the tests start: fakeredis's, in this process, and a real redis-server."""

import argparse
import contextlib
import random
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from subprocess import DEVNULL, Popen

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ..course import CHANNEL, QUEUES
from .waiting import wait_until

DUMP = (Path(__file__).parents[2] / "dump.rdb").read_bytes()
DUMPED = {"Holberton": "School"}  # what it holds
REDIS_SERVER = shutil.which("redis-server") or shutil.which("valkey-server")
RANDOM = random.SystemRandom()  # its numbers differ between processes, whatever a test seeds


def free_port():
    """Return a free port for a server. (It is below the range of ports that clients get.)"""
    while not is_free(port := RANDOM.randrange(10_000, 32_000)):
        pass
    return port


def is_free(port):
    """Return whether nothing listens on a port of 127.0.0.1."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError):  # OverflowError: it is not a port
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
        """Start it again, whether it ended or not."""
        self.client.connection_pool.disconnect()
        self.stop()
        self.start()

    def worker_states(self):
        """Return the states of all of RQ's workers. One that waits for a job is b"idle"."""
        return [self.client.hget(name, "state") for name in self.client.smembers("rq:workers")]

    def wait_for_workers(self, count, state="idle"):
        states = [state.encode()] * count
        wait_until(
            lambda: self.worker_states() == states,
            what=f"{count} workers are {state}",
            seen=lambda: f"workers that are {self.worker_states()}",
        )

    def wait_for_subscribers(self, count=1):
        """Wait until the course's channel has so many subscribers."""
        wait_until(lambda: self.client.pubsub_numsub(CHANNEL)[0][1] == count, what="subscribers")

    def count_jobs(self, pair, state):
        """Return how many of the pair's jobs are "wip" (work in progress), "finished" or
        "failed"."""
        return self.client.zcard(f"rq:{state}:{QUEUES[pair]}")

    def wait_for_jobs(self, pair, state, count):
        wait_until(
            lambda: self.count_jobs(pair, state) == count,
            what=f"{count} {state} jobs of {QUEUES[pair]}",
            seen=lambda: f"{self.count_jobs(pair, state)}",
        )

    def pass_deadlines(self, pair):
        """Make the deadlines of all running jobs pass, so that RQ considers their workers dead."""
        for execution in self.client.zrange(f"rq:wip:{QUEUES[pair]}", 0, -1):
            self.client.zadd(f"rq:wip:{QUEUES[pair]}", {execution: 1})

    def reset(self):
        """Reset the data to that of dump.rdb."""
        self.client.flushall()
        self.client.mset(DUMPED)


class FakeServer(Server):
    """fakeredis's TCP server. It cannot load an RDB file, so it is given what ours holds."""

    kind = "fakeredis"

    def start(self):
        from .fake import listen  # here, because the import takes a quarter of a second

        self.server = listen(self.port)
        self.reset()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class RealServer(Server):
    """A redis-server with a folder of its own, in which it finds dump.rdb when it starts."""

    kind = "redis-server"

    def __init__(self, dump=DUMP):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="redis-")
        self.dump = Path(self.folder.name, "dump.rdb")
        self.dump.write_bytes(dump)

    def start(self, *options):
        command = [REDIS_SERVER, "--bind", "127.0.0.1", "--port", str(self.port)]
        command += ["--dir", self.folder.name, *options]
        self.process = Popen(command, stdout=DEVNULL, stderr=DEVNULL)
        wait_until(self.is_up, 10, f"redis-server answers on port {self.port}")

    def is_up(self):
        try:
            return self.client.ping()
        except redis.AuthenticationError:  # it is there, and asks for a password
            return True
        except redis.ConnectionError:
            if self.process.poll() is not None:
                raise RuntimeError("redis-server has ended") from None
            return False

    def stop(self, *, save=False):
        """End the server. save: let it write its RDB file first."""
        self.process.send_signal(signal.SIGTERM if save else signal.SIGKILL)
        self.process.wait()

    def __exit__(self, *error):
        super().__exit__(*error)
        self.folder.cleanup()


KINDS = {"fakeredis": FakeServer, "redis-server": RealServer}


def main():
    """A stand-in for a Redis server: `python -m tests.harness.servers 6380`, until ^C."""
    parser = argparse.ArgumentParser("python -m tests.harness.servers", description=main.__doc__)
    parser.add_argument("port", type=int, nargs="?", default=6380)
    port = parser.parse_args().port
    if not is_free(port):
        sys.exit(f"Port {port} is taken.")
    with FakeServer(port):
        print(f"A stand-in for Redis listens on port {port}, until ^C.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
