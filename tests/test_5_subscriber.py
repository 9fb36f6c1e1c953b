"""Task 5, the subscriber: it prints each message on the channel, up to `KILL_SERVER`.

How it shows the publisher's messages is tested with the publisher.
"""

import os
import signal
import time

import pytest

from .course import CHANNEL, CONNECTED, transcript
from .harness.waiting import wait_until

LAST = transcript("5_subscriber")[-1]  # the message that ends it

pytestmark = pytest.mark.fakeredis_only


def test_prints_any_text_and_stops_at_one(run, server, proxy):
    """At that one, it also unsubscribes: what comes later is not printed."""
    subscriber = run("5_subscriber", proxy.url, stdout="pipe")
    server.wait_for_subscribers()
    server.client.publish("another channel", LAST)
    messages = b"\xff\xfe", b"", f"{LAST} or not", LAST.lower(), b"two\nlines\r\n", b"x" * 100_000
    for message in messages:
        server.client.publish(CHANNEL, message)
    shown = f"{CONNECTED}\n\ufffd\ufffd\n\n{LAST} or not\n{LAST.lower()}\ntwo\nlines\r\n\n"
    shown += "x" * 100_000 + "\n"
    subscriber.wait(lambda subscriber: len(subscriber.stdout) >= len(shown))
    assert proxy.asked(b"UNSUBSCRIBE") == 0, "it unsubscribed too early"
    pipeline = server.client.pipeline(transaction=False)
    pipeline.publish(CHANNEL, LAST).publish(CHANNEL, "too late").execute()
    subscriber.expect_exit()
    assert subscriber.stdout == f"{shown}{LAST}\n" and subscriber.stderr == ""
    assert proxy.asked(b"UNSUBSCRIBE") == 1, "it did not unsubscribe"


def test_goes_on_after_a_silence_and_when_redis_was_away(run, server, proxy):
    """It prints each message immediately, even through a pipe, until a SIGTERM ends it."""
    subscriber = run("5_subscriber", proxy.url, stdout="pipe")
    server.wait_for_subscribers()
    time.sleep(6)  # redis-py's own time limit for a reply is five seconds
    server.client.publish(CHANNEL, "one")
    subscriber.expect_lines([CONNECTED, "one"])
    proxy.close()
    server.wait_for_subscribers(0)
    time.sleep(1.5)  # an attempt to connect fails meanwhile
    proxy.listen()
    server.wait_for_subscribers()
    server.client.publish(CHANNEL, "two")
    subscriber.expect_lines([CONNECTED, "one", "two"])
    subscriber.signal(signal.SIGTERM)
    subscriber.expect_end([CONNECTED, "one", "two"], -signal.SIGTERM)


def test_ends_when_nobody_reads_what_it_prints(run, server):
    reader, writer = os.pipe()
    subscriber = run("5_subscriber", stdout=writer)
    os.close(writer)
    assert os.read(reader, 1000).decode().splitlines() == [CONNECTED]
    os.close(reader)
    server.wait_for_subscribers()
    # One message may not be enough: a process that is just starting may still hold the reader open.
    wait_until(lambda: not server.client.publish(CHANNEL, "one more"))
    assert subscriber.wait_exit() not in (None, 0)
    assert "BrokenPipeError" in subscriber.stderr
