"""Task 5, the subscriber: it prints each message of the channel, until `KILL_SERVER`."""

import os
import time

import pytest

from .course import CHANNEL, transcript
from .harness.proxy import Proxy
from .harness.waiting import wait_until

CONNECTED = transcript("0_redis_client")


def wait_for_subscriber(server):
    wait_until(lambda: server.client.pubsub_numsub(CHANNEL)[0][1] == 1, what="a subscriber")


def test_hears_the_publisher(run, server):
    """As in the course: two terminals, the subscriber's first."""
    subscriber = run("5_subscriber", screen=True)
    wait_for_subscriber(server)
    publisher = run("5_publisher", screen=True)
    for script, name in (subscriber, "5_subscriber"), (publisher, "5_publisher"):
        assert script.wait_exit() == 0
        assert script.lines == transcript(name)


@pytest.mark.one_server
def test_prints_each_message_at_once_through_a_pipe(run, server):
    subscriber = run("5_subscriber", stdout="pipe")
    assert subscriber.wait_line(CONNECTED[0])
    wait_for_subscriber(server)
    time.sleep(6)  # redis-py's own time limit for a reply is five seconds
    server.client.publish(CHANNEL, "one")
    assert subscriber.wait_line("one") and subscriber.status is None


def test_prints_any_text_and_stops_at_one(run, server):
    subscriber = run("5_subscriber", stdout="pipe")
    wait_for_subscriber(server)
    server.client.publish("another channel", "KILL_SERVER")
    messages = b"\xff\xfe", b"", b"KILL_SERVER or not", b"kill_server", b"two\nlines\r\n"
    pipeline = server.client.pipeline(transaction=False)
    for message in *messages, b"x" * 100_000, b"KILL_SERVER", b"too late":
        pipeline.publish(CHANNEL, message)
    pipeline.execute()
    assert subscriber.wait_exit() == 0
    shown = f"{CONNECTED[0]}\n\ufffd\ufffd\n\nKILL_SERVER or not\nkill_server\ntwo\nlines\r\n\n"
    assert subscriber.stdout == shown + "x" * 100_000 + "\nKILL_SERVER\n"
    assert subscriber.stderr == ""


@pytest.mark.one_server
def test_unsubscribes_before_it_quits(run, server):
    with Proxy(server.port) as proxy:
        subscriber = run("5_subscriber", proxy.url)
        wait_for_subscriber(server)
        assert proxy.asked(b"UNSUBSCRIBE") == 0
        server.client.publish(CHANNEL, "KILL_SERVER")
        assert subscriber.wait_exit() == 0
        assert proxy.asked(b"UNSUBSCRIBE") == 1


@pytest.mark.one_server
def test_ends_when_nobody_reads_what_it_prints(run, server):
    reader, writer = os.pipe()
    subscriber = run("5_subscriber", stdout=writer)
    os.close(writer)
    assert os.read(reader, 1000).decode().splitlines() == CONNECTED
    os.close(reader)
    wait_for_subscriber(server)
    # More than one: a script that is just being started may have the reader, too, for a moment.
    wait_until(lambda: not server.client.publish(CHANNEL, "one more"))
    assert subscriber.wait_exit() not in (None, 0)
    assert "BrokenPipeError" in subscriber.stderr
