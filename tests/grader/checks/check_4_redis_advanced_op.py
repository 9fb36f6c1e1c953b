"""Task 4: a hash."""

from ...course import SCHOOLS, replies, transcript
from ..findings import Wrong
from . import check
from .shared import CONNECTED, PAUSE, check_no_server, not_before_the_reply
from .watching import console_shows, ends_on_interrupt

SHOWN = transcript("4_redis_advanced_op")
HSET = b"HSET", b"HMSET", b"HSETNX"
HGETALL = b"HGETALL", b"HKEYS", b"HVALS", b"HSCAN", b"HMGET"


def find_key(stage):
    """Return the hash's key. In an edition that has a string there, a solution may delete that
    first, or use another key. So delete the string, run the script, and see which key it uses."""
    key = stage.edition.hash_key
    if key != stage.edition.key:
        return key
    stage.client.delete(key)
    stage.note(f"the string {key} was deleted", f"redis-cli del {key}")
    stage.run().wait_lines(len(SHOWN))
    used = [words[1].decode(errors="replace") for _, words in stage.proxy.seen(*HSET)]
    stage.client.delete(key, *used)
    return [*used, key][0]


@check("shows the course's console, and stores the hash")
def check_console(stage):
    key = find_key(stage)
    console = stage.run()
    console_shows(console, SHOWN)
    ends_on_interrupt(console)
    held = stage.client.hgetall(key).items()
    held = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in held}
    if held != SCHOOLS:
        raise Wrong(f"leaves {held or 'nothing'} at the key {key}", console)


@check("shows what Redis replies, and what the hash holds")
def check_replies(stage):
    key, client = find_key(stage), stage.client
    extra, value, later = stage.word(), stage.word(), stage.word()
    known = stage.random.sample(list(SCHOOLS), 2)
    before = dict.fromkeys(known, "1") | {extra: value}
    pairs = " ".join(f'"{name}" {text}' for name, text in before.items())
    if stage.edition.hash_key == stage.edition.key:  # a solution may delete it first
        stage.change_before(HSET, key, lambda: True, lambda: client.hset(key, mapping=before))
    else:
        client.hset(key, mapping=before)
    stage.note(
        f"the hash had the fields {', '.join(before)}, so two of the six are not new",
        f"redis-cli hset {key} {pairs}",
    )
    stage.note("Redis's reply to HSET was delayed", PAUSE)
    for name in HSET:
        stage.proxy.delay_reply(name, 0.15)
    changed = stage.change_before(
        HGETALL, key, lambda: client.hget(key, "Paris") == b"2",
        lambda: client.hset(key, "Cali", later),
    )  # fmt: skip
    stage.note_hidden_change(f"just before HGETALL, Cali was set to {later}", later)
    console = stage.run()
    console.wait(lambda console: SHOWN[-1] in console.lines)
    fields = before | SCHOOLS | ({"Cali": later} if changed.is_set() else {})
    told = replies(*(int(name not in known) for name in SCHOOLS))
    console_shows(console, [*CONNECTED, *told, *object_lines(fields)])
    not_before_the_reply(stage, console, HSET, 0.15, line=2)


def object_lines(fields):
    """A hash as task 4 shows it."""
    names = [repr(name) if " " in name else name for name in fields]
    shown = ",\n".join(f"  {name}: '{text}'" for name, text in zip(names, fields.values()))
    return ["{", *shown.splitlines(), "}"]


CHECKS = [check_no_server, check_console, check_replies]
