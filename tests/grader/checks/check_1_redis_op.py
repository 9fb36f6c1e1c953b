"""Task 2: set and get."""

from ...course import transcript
from ..verdict import Wrong
from .shared import PAUSE, not_before_the_reply
from .watching import console_shows, ends_on_interrupt

CONNECTED, _, OK, VALUE = SHOWN = transcript("1_redis_op")


def check_console(stage):
    """shows the console of the course, and stores the value"""
    console = stage.run()
    console_shows(console, SHOWN)
    ends_on_interrupt(console)
    key = stage.edition.new_key
    if (value := stage.client.get(key)) != VALUE.encode():
        raise Wrong(f"leaves {value!r} at the key {key}, not {VALUE}", console)


def check_replies(stage):
    """shows what Redis holds, and what it replies"""
    held, later, client = stage.word(), stage.word(), stage.client
    old, new = stage.edition.key, stage.edition.new_key
    client.set(old, held)
    what = f"the key {old} was set to {held}, to see that the value is asked of Redis"
    stage.note(what, f"redis-cli set {old} {held}")
    stage.proxy.delay_reply(b"SET", 0.15)
    changed = stage.change_before(
        b"GET", new, lambda: client.get(new) == VALUE.encode(), lambda: client.set(new, later)
    )
    stage.note("Redis's answer to SET was delayed", PAUSE)
    stage.alter(f"just before the second GET {new} was set to {later}")
    console = stage.run()
    console.wait(lambda console: changed.is_set() or len(console.lines) >= len(SHOWN))
    if not changed.is_set():
        if len(console.lines) >= len(SHOWN) and not stage.proxy.asked(b"MULTI"):
            raise Wrong("prints line 4 without a GET that asks Redis for it", console)
        later = VALUE
    console_shows(console, [CONNECTED, held, OK, later])
    not_before_the_reply(stage, console, b"SET", 0.15, line=3)
