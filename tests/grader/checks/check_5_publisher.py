"""Task 5: the publisher."""

from ..hints import names_seen
from ..verdict import CannotJudge, Wrong
from .shared import says_that_no_server_is_there
from .watching import console_shows, ends_on_interrupt

SCRIPT = "5_publisher.py"
OFF = 0.08  # seconds that a message may be off on a quiet machine


def check_no_server(stage):
    """says so when no server is there"""
    says_that_no_server_is_there(stage, SCRIPT)


def check_messages(stage):
    """says and publishes each message at its time"""
    expected, channels = stage.edition.transcript("5_publisher"), stage.edition.channels
    tries = []
    for _ in range(8):  # a machine that is busy is late in another way each time
        stage.reset()
        console = stage.run(SCRIPT)
        console_shows(console, expected, settle=0.5)
        ends_on_interrupt(console)
        sent = [
            (when - console.started, words[2].decode(errors="replace"))
            for when, words in stage.proxy.seen(b"PUBLISH")
            if words[1].decode(errors="replace") in channels
        ]
        messages = [message for _, message in sent]
        if messages != [line.split("send ", 1)[1] for line in expected[1:]]:
            what = f"publishes {messages or 'nothing'} on the channel {channels[0]!r}"
            raise Wrong(what, console, hint=names_seen(stage, b"PUBLISH"))
        connected, *said = console.times
        times = [moment - connected for moment in [*(when for when, _ in sent), *said]]
        if all(abs(moment - (n % 4 + 1) / 10) < OFF for n, moment in enumerate(times)):
            return
        tries.append(times)
        alike = [other for other in tries if is_like(other, times)]
        if len(alike) == 3:  # it is the script, then, and not the machine
            raise late(alike[0], console)
    raise CannotJudge("this machine is too busy to see when its messages are sent")


def is_like(some, others):
    return all(abs(one - other) < 0.05 for one, other in zip(some, others))


def late(times, console):
    """A Wrong that says what is too early or late: the messages, or what is said of them."""
    sent, said = times[:4], times[4:]
    what = "does not publish"
    if all(abs(moment - n / 10) < OFF for n, moment in enumerate(sent, 1)):
        what, sent = "does not print its lines", said
    after = ", ".join(f"{moment * 1000:.0f}" for moment in sent)
    text = (
        f"{what} 100, 200, 300 and 400 ms after its calls: seen from its first line, it was after"
    )
    return Wrong(f"{text} {after} ms", console)
