"""Task 5: the subscriber."""

import time

import pytest

from .course import console_shows, explain, interrupted, transcript

SCRIPT = "5_subscriber.py"
CHANNEL = "holberton school channel"


def subscribers(server):
    return dict(server.client.pubsub_numsub(CHANNEL))[CHANNEL.encode()]


def subscribed(run, server):
    """Run the subscriber until it is subscribed."""
    console = run(SCRIPT)
    if not console.wait(lambda console: subscribers(server)):
        explain(console, transcript("0_redis_client"), f"should subscribe to the channel {CHANNEL}")
    console_shows(console, transcript("0_redis_client"))
    return console


def test_shows_the_transcript(run, server):
    console = subscribed(run, server)
    expected = transcript("5_subscriber")
    for message in expected[1:]:
        server.client.publish("another channel", "a message of another channel")
        server.client.publish(CHANNEL, message)
        if not console.wait_line(message):
            explain(console, expected[: expected.index(message) + 1], "should print a message when it comes")
    console_shows(console, expected, ends=True)
    if subscribers(server):
        explain(console, None, "should have unsubscribed")


def test_goes_on_until_it_is_told_to_quit(run, server):
    console = subscribed(run, server)
    messages = ["Holberton Student #9 starts course", "KILL_SERVER or not", "kill_server", "the last one"]
    for message in messages:
        server.client.publish(CHANNEL, message)
    console_shows(console, transcript("0_redis_client") + messages)
    interrupted(console)


@pytest.mark.strict
def test_survives_any_message(run, server):
    console = subscribed(run, server)
    for message in b"\xff\xfe", b"", b"two\nlines\r\n", b"x" * 1_000_000, b"KILL_SERVER":
        server.client.publish(CHANNEL, message)
    assert console.wait_exit() == 0
    assert console.stdout.startswith("Redis client connected to the server\n\ufffd\ufffd\n\ntwo\nlines\r\n\nxxx")


@pytest.mark.strict
def test_misses_no_message_once_it_says_that_it_is_connected(run, server):
    for _ in range(3):
        console = run(SCRIPT)
        while not console.lines and console.status is None:
            time.sleep(0)
        server.client.publish(CHANNEL, "KILL_SERVER")
        assert console.wait_exit(5) == 0
