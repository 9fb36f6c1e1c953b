"""Task 2: set and get."""

from ...course import transcript
from ..findings import Wrong
from . import check
from .shared import PAUSE, check_no_server, not_before_the_reply
from .watching import console_shows, ends_on_interrupt

CONNECTED, _, OK, VALUE = SHOWN = transcript("1_redis_op")
# Commands that can take the place of SET and GET.
SET = b"SET", b"MSET", b"GETSET", b"SETEX", b"PSETEX", b"SETRANGE", b"APPEND", b"MSETNX", b"SETNX"
GET = b"GET", b"MGET", b"GETEX", b"GETRANGE", b"SUBSTR", b"GETDEL"


@check("shows the course's console, and stores the value")
def check_console(stage):
    console = stage.run()
    console_shows(console, SHOWN)
    ends_on_interrupt(console)
    key = stage.edition.new_key
    if (value := stage.client.get(key)) != VALUE.encode():
        raise Wrong(f"leaves {value!r} at the key {key}, not {VALUE}", console)


@check("shows what Redis holds, and what it replies")
def check_replies(stage):
    held, later, client = stage.word(), stage.word(), stage.client
    old, new = stage.edition.key, stage.edition.new_key
    client.set(old, held)
    what = f"the key {old} was set to {held}, to see that the value comes from Redis"
    stage.note(what, f"redis-cli set {old} {held}")
    client.set(new, "0")
    stage.note(f"the key {new} had the value 0", f"redis-cli set {new} 0")
    for name in SET:
        stage.proxy.delay_reply(name, 0.15)
    changed = stage.change_before(
        GET, new, lambda: client.get(new) == VALUE.encode(), lambda: client.set(new, later)
    )
    stage.note("Redis's reply to SET was delayed", PAUSE)
    stage.note_hidden_change(f"just before the second GET, {new} was set to {later}", later)
    console = stage.run()
    console.wait(lambda console: changed.is_set() or len(console.lines) >= len(SHOWN))
    if not changed.is_set():
        if len(console.lines) >= len(SHOWN) and not stage.proxy.asked(b"MULTI", b"EVAL"):
            raise Wrong("prints line 4 without a GET that asks Redis for it", console)
        later = VALUE
    console_shows(console, [CONNECTED, held, OK, later])
    not_before_the_reply(stage, console, SET, 0.15, line=3)


CHECKS = [check_no_server, check_console, check_replies]
