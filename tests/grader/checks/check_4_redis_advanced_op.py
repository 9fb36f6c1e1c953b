"""Task 4: a hash."""

from ...course import transcript
from ..verdict import Wrong
from .shared import CONNECTED, not_before_the_reply, once
from .watching import console_shows, interrupted

SCRIPT = "4_redis_advanced_op.py"
SCHOOLS = {"Portland": "50", "Seattle": "80", "New York": "20"}
SCHOOLS |= {"Bogota": "20", "Cali": "40", "Paris": "2"}


def check_shows_the_console_of_the_course(stage):
    console = stage.run(SCRIPT)
    console_shows(console, transcript("4_redis_advanced_op"))
    interrupted(console)
    held = stage.client.hgetall("HolbertonSchools").items()
    held = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in held}
    if held != SCHOOLS:
        raise Wrong(f"leaves {held or 'nothing'} at the key HolbertonSchools", console)


def check_shows_what_redis_answers_and_holds(stage):
    extra, value, later = stage.word(), stage.word(), stage.word()
    known = stage.random.sample(list(SCHOOLS), 2)
    before = dict.fromkeys(known, "1") | {extra: value}
    stage.client.hset("HolbertonSchools", mapping=before)
    pairs = " ".join(f'"{name}" {text}' for name, text in before.items())
    stage.note(
        f"the hash had the fields {', '.join(before)}, so that two of the six are not new",
        f"redis-cli hset HolbertonSchools {pairs}",
    )
    key, client = b"HolbertonSchools", stage.client
    stage.proxy.delay_reply(b"HSET", 0.15)
    change = once(
        lambda: client.hget(key, "Paris") == b"2", lambda: client.hset(key, "Cali", later)
    )
    changed = stage.proxy.before(b"HGETALL", key, change)
    stage.note(f"just before HGETALL, Cali was set to {later}")
    console = stage.run(SCRIPT)
    replies = [f"Reply: {int(name not in known)}" for name in SCHOOLS]
    console.wait_line("}")
    fields = before | SCHOOLS | ({"Cali": later} if changed else {})
    names = [f"{name!r}" if " " in name else name for name in fields]
    shown = ",\n".join(f"  {name}: '{text}'" for name, text in zip(names, fields.values()))
    console_shows(console, [*CONNECTED, *replies, "{", *shown.splitlines(), "}"])
    not_before_the_reply(stage, console, b"HSET", 0.15, line=2)
