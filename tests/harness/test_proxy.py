"""The proxy: what it sees of a command, and what it does before one."""

import time

import pytest
import redis

pytestmark = pytest.mark.fakeredis_only


@pytest.fixture
def client(proxy):
    with redis.Redis(port=proxy.port, protocol=2) as client:
        yield client


def test_sees_each_command_and_passes_on_its_reply(proxy, client):
    assert client.get("Holberton") == b"School"
    assert proxy.asked(b"GET") == 1 and proxy.asked(b"SET") == 0


def test_can_act_before_a_command_but_not_inside_a_transaction(proxy, client, server):
    begun = proxy.before(b"GET", b"Holberton", lambda: server.client.set("Holberton", "changed"))
    with client.pipeline() as pipeline:
        pipeline.get("Holberton")
        assert pipeline.execute() == [b"School"] and not begun.is_set()
    assert client.get("Holberton") == b"changed" and begun.is_set()
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
