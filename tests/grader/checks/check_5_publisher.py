"""Task 5: the publisher."""

import itertools
import time

from ...course import CHANNEL, transcript
from ..verdict import Wrong
from .shared import says_that_no_server_is_there
from .watching import console_shows, interrupted

SCRIPT = "5_publisher.py"


def listen(pubsub, console, count):
    """The messages of the channel, each with its time, until there are `count` and no other one
    comes for half a second."""
    received, end = [], time.monotonic() + 15
    while time.monotonic() < end:
        event = pubsub.get_message(timeout=0.05)
        if event and event["type"] == "message":
            received.append((event["data"].decode(errors="replace"), time.monotonic()))
            if len(received) == count:
                end = time.monotonic() + 0.5
        elif console.status is not None and not event:
            break
    return received


def published(stage):
    """Run the publisher; return its console and what it published."""
    with stage.client.pubsub() as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=5)
        console = stage.run(SCRIPT)
        return console, listen(pubsub, console, 4)


def check_says_that_no_server_is_there(stage):
    says_that_no_server_is_there(stage, SCRIPT)


def check_says_and_publishes_each_message_at_its_time(stage):
    expected = transcript("5_publisher")
    messages = [line.removeprefix("About to send ") for line in expected[1:]]
    for _ in range(3):  # a machine may be busy
        console, received = published(stage)
        console_shows(console, expected)
        interrupted(console)
        if [message for message, _ in received] != messages:
            found = [message for message, _ in received] or "nothing"
            hint = stage.proxy.hint(b"PUBLISH")
            raise Wrong(f"publishes {found} on the channel {CHANNEL!r}", console, hint=hint)
        when = [time for _, time in received]
        said = console.times[1:5]
        if not (spread_is_right(when) and spread_is_right(said)):
            continue
        return
    times = ", ".join(f"{(time - when[0]) * 1000:.0f}" for time in when)
    raise Wrong(
        "does not publish 100, 200, 300 and 400 ms after its calls: seen from the first, the "
        f"messages came after {times} ms" if not spread_is_right(when)
        else "does not print a line when it sends its message",
        console,
    )  # fmt: skip


def spread_is_right(times):
    return 0.2 < times[-1] - times[0] < 0.45 and all(
        after - before > 0.02 for before, after in itertools.pairwise(times)
    )
