"""Task 5: the subscriber."""

from ...course import CHANNEL
from ..verdict import Wrong
from .shared import CONNECTED, says_that_no_server_is_there
from .watching import console_shows, interrupted

SCRIPT = "5_subscriber.py"


def subscribed(stage):
    """Run the subscriber until it is subscribed."""
    console = stage.run(SCRIPT)
    if not console.wait(lambda console: stage.client.pubsub_numsub(CHANNEL)[0][1], 15):
        what = f"does not subscribe to the channel {CHANNEL!r}"
        hint = stage.proxy.hint(b"SUBSCRIBE")
        raise Wrong(what, console, expected=CONNECTED, hint=hint)
    console_shows(console, CONNECTED)
    return console


def publish(stage, message, channel=CHANNEL):
    stage.client.publish(channel, message)
    stage.commands.append(f'redis-cli publish "{channel}" "{message}"')


def check_says_that_no_server_is_there(stage):
    says_that_no_server_is_there(stage, SCRIPT)


def check_prints_each_message_when_it_comes_until_KILL_SERVER(stage):
    console = subscribed(stage)
    word = stage.word()
    messages = [f"Holberton {word} starts course", "KILL_SERVER or not", "kill_server", word[::-1]]
    expected = CONNECTED
    stage.note("messages were published, and one on another channel")
    for message in messages:
        publish(stage, stage.word(), "another channel")
        publish(stage, message)
        expected = [*expected, message]
        console_shows(console, expected, settle=0.02)
        if console.status is not None:
            raise Wrong("ends before it was told to", console, expected=expected)
    publish(stage, "KILL_SERVER")
    console_shows(console, [*expected, "KILL_SERVER"], ends=True)
    if not stage.proxy.asked(b"UNSUBSCRIBE"):
        raise Wrong("does not unsubscribe before it quits", console)


def check_ends_on_an_interrupt(stage):
    interrupted(subscribed(stage))
