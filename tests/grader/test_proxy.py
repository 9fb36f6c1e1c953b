"""The grader's proxy: what it changes on the way to Redis, and what it does not pass on."""

import zlib

import pytest
import redis

from ..harness.servers import FakeServer
from .proxy import GradingProxy


@pytest.fixture
def proxy():
    with FakeServer() as server, GradingProxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy):
    with redis.Redis(port=proxy.port, protocol=2, retry=None) as client:
        yield client


def test_changes_words_also_inside_what_is_compressed(proxy, client):
    proxy.rewrites = {b"4153518780": b"7000000000"}
    client.set("plain", b"number 4153518780")
    client.set("compressed", zlib.compress(b"number 4153518780"))
    assert client.get("plain") == b"number 7000000000"
    assert zlib.decompress(client.get("compressed")) == b"number 7000000000"
    assert proxy.rewritten_count == 2


def test_a_command_that_stops_the_server_is_not_passed_on(proxy, client):
    with pytest.raises(redis.ConnectionError):
        client.execute_command("CLIENT", "PAUSE", "1000")
    assert proxy.forbidden_command == "CLIENT PAUSE"
    assert client.ping()
