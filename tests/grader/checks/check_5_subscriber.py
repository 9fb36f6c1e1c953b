"""Task 5: the subscriber."""

from ..findings import Wrong
from ..hints import hint_on_channel
from . import check
from .shared import CONNECTED, check_no_server
from .watching import console_shows, ends_on_interrupt

UNSUBSCRIBE = b"UNSUBSCRIBE", b"PUNSUBSCRIBE", b"RESET"


def subscribed(stage):
    """Run the subscriber until it is subscribed; return its console and the channel."""
    console = stage.run()
    found = []

    def is_subscribed(console):
        counts = stage.client.pubsub_numsub(*stage.edition.channels)
        found[:] = [channel.decode() for channel, count in counts if count]
        if not found and stage.proxy.asked(b"PSUBSCRIBE") and stage.client.pubsub_numpat():
            found[:] = stage.edition.channels[:1]
        return found

    if not console.wait(is_subscribed):
        what = f"does not subscribe to the channel {stage.edition.channels[0]!r}"
        hint = hint_on_channel(stage, b"SUBSCRIBE")
        raise Wrong(what, console, expected=CONNECTED, hint=hint)
    console_shows(console, CONNECTED, settle=0.05)
    return console, found[0]


def publish(stage, message, channel):
    stage.client.publish(channel, message)
    stage.commands.append(f'redis-cli publish "{channel}" "{message}"')


@check("shows each message when it comes, until it is told to quit")
def check_messages(stage):
    console, channel = subscribed(stage)
    _, student, _, kill = stage.edition.transcript("5_subscriber")
    word, expected = stage.word(), CONNECTED
    stage.note("messages were published, and before each of them one on another channel")
    for message in student.replace("#1", word), f"{kill} or not", kill.lower(), word[::-1]:
        publish(stage, stage.word(), "another channel")
        publish(stage, message, channel)
        expected = [*expected, message]
        console_shows(console, expected, settle=0.05)
        if console.status is not None:
            raise Wrong("ends before it is told to", console, expected=expected)
    publish(stage, kill, channel)
    console_shows(console, [*expected, kill], ends=True)
    if not stage.proxy.asked(*UNSUBSCRIBE):
        raise Wrong("does not unsubscribe before it quits", console)


@check("ends on ^C")
def check_interrupt(stage):
    ends_on_interrupt(subscribed(stage)[0])


CHECKS = [check_no_server, check_messages, check_interrupt]
