"""The proxy: what it sees of a command, and what it changes of one."""

import time
import zlib

import pytest
import redis

from .proxy import Proxy, mentions
from .servers import FakeServer


@pytest.fixture(scope="module")
def server():
    with FakeServer() as server:
        yield server


@pytest.fixture
def proxy(server):
    server.reset()
    with Proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy):
    with redis.Redis(port=proxy.port, protocol=2) as client:
        yield client


def test_sees_each_command_and_passes_on_its_reply(proxy, client):
    assert client.get("Holberton") == b"School"
    assert proxy.asked(b"GET") == 1 and proxy.asked(b"SET") == 0


def test_changes_words_also_inside_of_what_is_compressed(proxy, client, server):
    proxy.changes = {b"4153518780": b"7000000000"}
    client.set("plain", b"number 4153518780")
    client.set("compressed", zlib.compress(b"number 4153518780"))
    assert server.client.get("plain") == b"number 7000000000"
    assert zlib.decompress(server.client.get("compressed")) == b"number 7000000000"
    assert proxy.changed == 2


def test_can_act_before_a_command_but_not_inside_a_transaction(proxy, client, server):
    done = proxy.before(b"GET", b"Holberton", lambda: server.client.set("Holberton", "changed"))
    with client.pipeline() as pipeline:
        pipeline.get("Holberton")
        assert pipeline.execute() == [b"School"] and not done
    assert client.get("Holberton") == b"changed" and done
    server.client.set("Holberton", "School")
    assert client.get("Holberton") == b"School"  # once only


def test_keeps_a_reply_back(proxy, client):
    begin = time.monotonic()
    proxy.delay_reply(b"SET", 0.3)
    client.set("key", "value")
    assert time.monotonic() - begin > 0.25


def test_is_a_server_that_is_not_there(proxy, client):
    client.ping()
    proxy.close()
    with pytest.raises(redis.ConnectionError):
        redis.Redis(port=proxy.port, retry=None).ping()


def test_finds_a_job_s_id_as_a_word_of_its_own():
    assert mentions(b"HSET rq:job:7 status started", "7")
    assert not mentions(b"HSET rq:job:17 status started", "7")
    assert not mentions(b"HSET rq:worker:7ab status started", "7")
