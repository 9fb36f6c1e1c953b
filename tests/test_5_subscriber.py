"""Task 5, the subscriber: it prints each message of the channel, until `KILL_SERVER`."""

import os
import time

import pytest

from .course import CHANNEL, CONNECTED, transcript
from .harness.proxy import Proxy
from .harness.waiting import wait_until

LAST = transcript("5_subscriber")[-1]  # the message that ends it


def wait_for_subscriber(server):
    wait_until(lambda: server.client.pubsub_numsub(CHANNEL)[0][1] == 1, what="a subscriber")


def test_shows_what_the_publisher_sends(run, server):
    """As in the course: two terminals, the subscriber's first."""
    subscriber = run("5_subscriber", screen=True)
    wait_for_subscriber(server)
    publisher = run("5_publisher", screen=True)
    for script, name in (subscriber, "5_subscriber"), (publisher, "5_publisher"):
        script.expect_exit()
        script.expect_lines(transcript(name))


@pytest.mark.one_server
def test_prints_each_message_at_once_through_a_pipe(run, server):
    subscriber = run("5_subscriber", stdout="pipe")
    subscriber.expect_line(CONNECTED)
    wait_for_subscriber(server)
    time.sleep(6)  # redis-py's own time limit for a reply is five seconds
    server.client.publish(CHANNEL, "one")
    subscriber.expect_line("one")
    assert subscriber.status is None


def test_prints_any_text_and_stops_at_one(run, server):
    subscriber = run("5_subscriber", stdout="pipe")
    wait_for_subscriber(server)
    server.client.publish("another channel", LAST)
    messages = b"\xff\xfe", b"", f"{LAST} or not", LAST.lower(), b"two\nlines\r\n", b"x" * 100_000
    pipeline = server.client.pipeline(transaction=False)
    for message in *messages, LAST, b"too late":
        pipeline.publish(CHANNEL, message)
    pipeline.execute()
    subscriber.expect_exit()
    shown = f"{CONNECTED}\n\ufffd\ufffd\n\n{LAST} or not\n{LAST.lower()}\ntwo\nlines\r\n\n"
    assert subscriber.stdout == f"{shown}{'x' * 100_000}\n{LAST}\n"
    assert subscriber.stderr == ""


@pytest.mark.one_server
def test_unsubscribes_before_it_quits(run, server):
    with Proxy(server.port) as proxy:
        subscriber = run("5_subscriber", proxy.url)
        wait_for_subscriber(server)
        assert proxy.asked(b"UNSUBSCRIBE") == 0
        server.client.publish(CHANNEL, LAST)
        subscriber.expect_end([CONNECTED, LAST])
        assert proxy.asked(b"UNSUBSCRIBE") == 1


@pytest.mark.one_server
def test_subscribes_again_when_redis_was_away(run, server):
    with Proxy(server.port) as proxy:
        subscriber = run("5_subscriber", proxy.url)
        wait_for_subscriber(server)
        proxy.close()
        wait_until(lambda: server.client.pubsub_numsub(CHANNEL)[0][1] == 0)
        time.sleep(1.5)  # an attempt fails meanwhile
        proxy.listen()
        wait_for_subscriber(server)
        server.client.publish(CHANNEL, LAST)
        subscriber.expect_end([CONNECTED, LAST])


@pytest.mark.one_server
def test_ends_when_nobody_reads_what_it_prints(run, server):
    reader, writer = os.pipe()
    subscriber = run("5_subscriber", stdout=writer)
    os.close(writer)
    assert os.read(reader, 1000).decode().splitlines() == [CONNECTED]
    os.close(reader)
    wait_for_subscriber(server)
    # More than one: a script that is just being started may have the reader, too, for a moment.
    wait_until(lambda: not server.client.publish(CHANNEL, "one more"))
    assert subscriber.wait_exit() not in (None, 0)
    assert "BrokenPipeError" in subscriber.stderr
