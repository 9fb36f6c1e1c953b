"""Task 4: a hash."""

from ...course import SCHOOLS, object_lines, replies, transcript
from ..verdict import Wrong
from .shared import CONNECTED, not_before_the_reply
from .watching import console_shows, ends_on_interrupt, wait

SCRIPT = "4_redis_advanced_op.py"


def clear(stage):
    """Where an edition's hash has the key of its string, take that out of the way."""
    if stage.edition.hash_key == stage.edition.key:
        stage.client.delete(stage.edition.key)
        stage.note(
            f"the string {stage.edition.key} was deleted", f"redis-cli del {stage.edition.key}"
        )


def check_console(stage):
    """shows the console of the course, and stores the hash"""
    clear(stage)
    console = stage.run(SCRIPT)
    console_shows(console, transcript("4_redis_advanced_op"))
    ends_on_interrupt(console)
    key = key_of(stage)
    held = stage.client.hgetall(key).items()
    held = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in held}
    if held != SCHOOLS:
        raise Wrong(f"leaves {held or 'nothing'} at the key {key}", console)


def key_of(stage):
    """The hash's key: where the edition's is a string, a solution may have one of its own."""
    used = [words[1].decode(errors="replace") for _, words in stage.proxy.seen(b"HSET")]
    return (
        used[0] if used and stage.edition.hash_key == stage.edition.key else stage.edition.hash_key
    )


def check_replies(stage):
    """shows what Redis replies, and what the hash holds"""
    key, client = stage.edition.hash_key, stage.client
    extra, value, later = stage.word(), stage.word(), stage.word()
    known = stage.random.sample(list(SCHOOLS), 2)
    before = dict.fromkeys(known, "1") | {extra: value}
    pairs = " ".join(f'"{name}" {text}' for name, text in before.items())
    if key == stage.edition.key:  # a solution may delete it, or use another: see what it does
        clear(stage)
        stage.run(SCRIPT).wait_exit(5)
        key = key_of(stage)
        client.delete(key)
        stage.change_before(b"HSET", key, lambda: True, lambda: client.hset(key, mapping=before))
    else:
        client.hset(key, mapping=before)
    stage.note(
        f"the hash had the fields {', '.join(before)}, so that two of the six are not new",
        f"redis-cli hset {key} {pairs}",
    )
    stage.proxy.delay_reply(b"HSET", 0.15)
    changed = stage.change_before(
        b"HGETALL", key, lambda: client.hget(key, "Paris") == b"2",
        lambda: client.hset(key, "Cali", later),
    )  # fmt: skip
    stage.alter(f"just before HGETALL, Cali was set to {later}")
    console = stage.run(SCRIPT)
    wait(console, lambda console: object_lines({})[-1] in console.lines)
    fields = before | SCHOOLS | ({"Cali": later} if changed.is_set() else {})
    told = replies(*(int(name not in known) for name in SCHOOLS))
    console_shows(console, [*CONNECTED, *told, *object_lines(fields)])
    not_before_the_reply(stage, console, b"HSET", 0.15, line=2)
