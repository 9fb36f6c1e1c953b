"""Task 2: set and get."""

import pytest

from ...course import transcript
from ..verdict import Wrong
from .shared import not_before_the_reply, once
from .watching import console_shows, interrupted

SCRIPT = "1_redis_op.py"


def check_shows_the_console_of_the_course(stage, script=SCRIPT):
    console = stage.run(script)
    console_shows(console, transcript("1_redis_op"))
    interrupted(console)
    value = stage.client.get("HolbertonSanFrancisco")
    if value != b"100":
        raise Wrong(f"leaves {value!r} at the key HolbertonSanFrancisco, not 100", console)


def check_shows_what_redis_holds_and_answers(stage, script=SCRIPT):
    held, later, client = stage.word(), stage.word(), stage.client
    client.set("Holberton", held)
    stage.note(
        f"the key Holberton was set to {held}, to see that the value is asked of Redis",
        f'redis-cli set Holberton "{held}"',
    )
    stage.proxy.delay_reply(b"SET", 0.15)
    key = b"HolbertonSanFrancisco"
    change = once(lambda: client.get(key) == b"100", lambda: client.set(key, later))
    changed = stage.proxy.before(b"GET", key, change)
    stage.note(
        f"Redis's answer to SET was delayed, and just before the second GET "
        f"HolbertonSanFrancisco was set to {later}"
    )
    console = stage.run(script)
    console.wait_line("Reply: OK")
    console.wait(lambda console: changed or len(console.lines) > 3)
    if not changed and len(console.lines) > 3 and not stage.proxy.asked(b"MULTI"):
        raise Wrong("prints line 4 without a GET that asks Redis for it", console)
    value = later if changed else "100"
    console_shows(console, [transcript("1_redis_op")[0], held, "Reply: OK", value])
    not_before_the_reply(stage, console, b"SET", 0.15, line=3)


@pytest.mark.strict
def check_shows_each_line_at_once_through_a_pipe(stage, script=SCRIPT):
    stage.proxy.delay_reply(b"SET", 0.5)
    console = stage.run(script, stdout="pipe")
    if not console.wait_lines(2) or console.status is not None:
        raise Wrong("does not print each line at once through a pipe", console)
    console_shows(console, transcript("1_redis_op"), ends=True)
