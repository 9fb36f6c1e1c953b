"""Task 5: the publisher."""

import contextlib
import threading
import time

import redis

from ..findings import CannotJudge, Wrong
from ..hints import hint_on_channel
from . import check
from .shared import check_no_server
from .watching import console_shows, ends_on_interrupt

RIGHT = [0.1, 0.2, 0.3, 0.4]
OFF = 0.08  # seconds that a message may be early or late, on a quiet machine


class Listener:
    """A subscriber of the course's channels. It records what is published there, and when."""

    def __init__(self, stage):
        self.messages, self.ended = [], threading.Event()
        self.channel = stage.client.pubsub(ignore_subscribe_messages=True)
        self.channel.subscribe(*stage.edition.channels)
        self.channel.get_message(timeout=1)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        with contextlib.suppress(redis.RedisError, OSError, ValueError):
            while not self.ended.is_set():
                if event := self.channel.get_message(timeout=0.1):
                    text = event["data"].decode(errors="replace")
                    self.messages.append((time.monotonic(), text))

    def close(self):
        self.ended.set()
        self.thread.join()
        self.channel.close()


@check("prints and publishes each message at the right time")
def check_messages(stage):
    expected, channels = stage.edition.transcript("5_publisher"), stage.edition.channels
    tries = []
    for _ in range(8):  # a busy machine causes other delays each time
        stage.reset()
        listener = Listener(stage)
        try:
            console = stage.run()
            console_shows(console, expected, settle=0.5)
            ends_on_interrupt(console)
        finally:
            listener.close()
        messages = [message for _, message in listener.messages]
        if messages != [line.split("send ", 1)[1] for line in expected[1:]]:
            what = f"publishes {messages or 'nothing'} on the channel {channels[0]!r}"
            raise Wrong(what, console, hint=hint_on_channel(stage, b"PUBLISH"))
        connected, *said = [console.started + moment for moment in console.times]
        times = [moment - connected for moment in [*(when for when, _ in listener.messages), *said]]
        if are_near(times, RIGHT * 2):
            return
        tries.append(times)
        if sum(are_near(other, times, 0.05) for other in tries) == 3:  # so it is the script
            raise late(times[:4], times[4:], console)
    raise CannotJudge("this machine is too busy to time its messages")


def are_near(some, others, most=OFF):
    return all(abs(one - other) < most for one, other in zip(some, others))


def late(sent, said, console):
    """Return a Wrong that says what is too early or late: the messages, or the printed lines."""
    what = "print its lines" if are_near(sent, RIGHT) else "publish"
    times = said if are_near(sent, RIGHT) else sent
    after = ", ".join(f"{moment * 1000:.0f}" for moment in times)
    wanted = "100, 200, 300 and 400 ms after its calls: counted from its first line, it was after"
    return Wrong(f"does not {what} {wanted} {after} ms", console)


CHECKS = [check_no_server, check_messages]
