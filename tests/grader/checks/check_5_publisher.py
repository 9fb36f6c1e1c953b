"""Task 5: the publisher."""

import itertools
import time

from ...course import CHANNEL, transcript
from ..verdict import Wrong
from .shared import says_that_no_server_is_there
from .watching import console_shows, interrupted

SCRIPT = "5_publisher.py"


def published(stage):
    """Run the publisher; return its console, and the channel's messages and their times, until
    there are four and no other one comes for half a second."""
    messages, times, end = [], [], time.monotonic() + 15
    with stage.client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=5)
        console = stage.run(SCRIPT)
        while time.monotonic() < end:
            if event := pubsub.get_message(timeout=0.05):
                messages.append(event["data"].decode(errors="replace"))
                times.append(time.monotonic())
                if len(times) == 4:
                    end = times[-1] + 0.5
            elif console.status is not None:
                break
    return console, messages, times


def spread_is_right(times):
    steps = [after - before for before, after in itertools.pairwise(times)]
    return 0.2 < sum(steps) < 0.45 and min(steps) > 0.02


def check_says_that_no_server_is_there(stage):
    says_that_no_server_is_there(stage, SCRIPT)


def check_says_and_publishes_each_message_at_its_time(stage):
    expected = transcript("5_publisher")
    for _ in range(3):  # a machine may be busy
        stage.reset()
        console, messages, times = published(stage)
        console_shows(console, expected)
        interrupted(console)
        if messages != [line.removeprefix("About to send ") for line in expected[1:]]:
            what = f"publishes {messages or 'nothing'} on the channel {CHANNEL!r}"
            raise Wrong(what, console, hint=stage.proxy.hint(b"PUBLISH"))
        if spread_is_right(times) and spread_is_right(console.times[1:5]):
            return
    if spread_is_right(times):
        raise Wrong("does not print a line when it sends its message", console)
    after = ", ".join(f"{(when - times[0]) * 1000:.0f}" for when in times)
    raise Wrong(
        "does not publish 100, 200, 300 and 400 ms after its calls: seen from the first, the "
        f"messages came after {after} ms",
        console,
    )
