"""Task 5: the publisher."""

from ..hints import names_seen
from ..verdict import CannotJudge, Wrong
from .shared import check_no_server  # noqa: F401 (a check of this script, too)
from .watching import console_shows, ends_on_interrupt

RIGHT = [0.1, 0.2, 0.3, 0.4]
OFF = 0.08  # seconds that a message may be off on a quiet machine


def check_messages(stage):
    """says and publishes each message at its time"""
    expected, channels = stage.edition.transcript("5_publisher"), stage.edition.channels
    tries = []
    for _ in range(8):  # a machine that is busy is late in another way each time
        stage.reset()
        console = stage.run()
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
        if are_near(times, RIGHT * 2):
            return
        tries.append(times)
        if sum(are_near(other, times, 0.05) for other in tries) == 3:  # so it is the script
            raise late(times[:4], times[4:], console)
    raise CannotJudge("this machine is too busy to see when its messages are sent")


def are_near(some, others, most=OFF):
    return all(abs(one - other) < most for one, other in zip(some, others))


def late(sent, said, console):
    """A Wrong that says what is too early or late: the messages, or what is said of them."""
    what = "print its lines" if are_near(sent, RIGHT) else "publish"
    times = said if are_near(sent, RIGHT) else sent
    after = ", ".join(f"{moment * 1000:.0f}" for moment in times)
    wanted = "100, 200, 300 and 400 ms after its calls: seen from its first line, it was after"
    return Wrong(f"does not {what} {wanted} {after} ms", console)
