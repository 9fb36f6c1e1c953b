"""Task 5: the publisher."""

from ..findings import CannotJudge, Wrong
from ..hints import hint_on_channel
from . import check
from .shared import check_no_server
from .watching import console_shows, ends_on_interrupt

DUE = [0.1, 0.2, 0.3, 0.4]  # seconds after the calls
TOLERANCE = 0.08  # seconds that a message may be early or late, on a quiet machine


@check("prints and publishes each message at the right time")
def check_messages(stage):
    expected, channels = stage.edition.transcript("5_publisher"), stage.edition.channels
    tries = []
    for _ in range(8):  # a busy machine causes other delays each time
        stage.reset()
        console = stage.run()
        console_shows(console, expected, settle=0.5)
        ends_on_interrupt(console)
        messages, sent_at = published(stage)
        if messages != [line.split("send ", 1)[1] for line in expected[1:]]:
            what = f"publishes {messages or 'nothing'} on the channel {channels[0]!r}"
            raise Wrong(what, console, hint=hint_on_channel(stage, b"PUBLISH"))
        connected, *printed_at = [console.started + moment for moment in console.times]
        times = [moment - connected for moment in [*sent_at, *printed_at]]
        if are_near(times, DUE * 2):
            return
        tries.append(times)
        if sum(are_near(other, times, 0.05) for other in tries) == 3:  # so it is the script
            raise fault_of_times(times[:4], times[4:], console)
    raise CannotJudge("this machine is too busy to time its messages")


def published(stage):
    """Return the messages that were published on the course's channel, and when."""
    messages, times = [], []
    for when, (_, channel, *message) in stage.proxy.seen(b"PUBLISH"):
        if channel.decode(errors="replace") in stage.edition.channels:
            messages.append(b" ".join(message).decode(errors="replace"))
            times.append(when)
    return messages, times


def are_near(some, others, most=TOLERANCE):
    return all(abs(one - other) < most for one, other in zip(some, others))


def fault_of_times(sent, printed, console):
    """Return a Wrong that says what is too early or late: the messages, or the printed lines."""
    what = "print its lines" if are_near(sent, DUE) else "publish"
    times = printed if are_near(sent, DUE) else sent
    after = ", ".join(f"{moment * 1000:.0f}" for moment in times)
    wanted = "100, 200, 300 and 400 ms after its calls: counted from its first line, it was after"
    return Wrong(f"does not {what} {wanted} {after} ms", console)


CHECKS = [check_no_server, check_messages]
