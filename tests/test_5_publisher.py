"""Task 5: the publisher."""

import time

import pytest

from .course import console_shows, explain, interrupted, transcript

SCRIPT = "5_publisher.py"
CHANNEL = "holberton school channel"


def listen(server, console, count, timeout=6):
    """Return the messages of the channel, each with its time, until there are `count` or the time is up."""
    received, end = [], time.monotonic() + timeout
    while len(received) < count and time.monotonic() < end:
        event = server.pubsub.get_message(timeout=0.1)
        if event and event["type"] == "message":
            received.append((event["data"].decode(), time.monotonic()))
        elif console.status is not None and not event:
            break
    return received


@pytest.fixture
def published(run, server):
    """Run the publisher; return its console and what it published."""
    with server.client.pubsub() as server.pubsub:
        server.pubsub.subscribe(CHANNEL)
        server.pubsub.get_message(timeout=5)
        console = run(SCRIPT)
        return console, listen(server, console, 4)


def test_shows_the_transcript_and_publishes(published):
    console, received = published
    expected = transcript("5_publisher")
    console_shows(console, expected)
    interrupted(console)
    messages = [line.removeprefix("About to send ") for line in expected[1:]]
    if [message for message, _ in received] != messages:
        explain(console, expected, f"should publish {messages} on {CHANNEL}, and did {[m for m, _ in received]}")


def test_publishes_each_message_at_its_time(published):
    console, received = published
    if len(received) != 4:
        explain(console, transcript("5_publisher"), f"published {len(received)} messages and not four")
    spread = received[-1][1] - received[0][1]
    if not 0.2 < spread < 0.6:
        explain(
            console,
            None,
            f"should publish its messages 100, 200, 300 and 400 ms after its calls, the last 300 ms after the first; "
            f"that came {spread * 1000:.0f} ms after",
        )
    console.wait(lambda console: len(console.times) >= 5, 3)
    if len(console.times) < 5 or not 0.2 < console.times[4] - console.times[1] < 0.6:
        explain(console, None, "should print each line as it sends the message")


@pytest.mark.strict
def test_exits_after_its_last_message(published):
    console, _ = published
    assert console.wait_exit(2) == 0 and console.stderr == ""


@pytest.mark.strict
def test_a_lost_connection_is_told_in_one_sentence(run, server):
    if not hasattr(server, "process"):
        pytest.skip("needs a server that can be ended")
    console = run(SCRIPT)
    console.wait_line("About to send Holberton Student #1")
    server.stop()
    assert console.wait_exit(5) == 1
    assert len(console.stderr.splitlines()) == 1 and "Traceback" not in console.stderr
    assert console.lines == transcript("5_publisher")[: len(console.lines)]
