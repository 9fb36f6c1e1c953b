"""Symptoms whose cause is well known, and what helps."""

import re

from ..course import EDITIONS, QUEUES, REFUSED, replies

WAITS = b"BLMOVE", b"LMOVE", b"BRPOPLPUSH", b"BLPOP", b"LPOP", b"BRPOP", b"RPOP"

ON_STDOUT = [
    (r"\bb'|\bb\"", "redis-py gives bytes: .decode() them, or give Redis decode_responses=True."),
    (replies(True)[0], "redis-py makes True of Redis's OK."),
    (r"(?m): [0-9a-f]{8}-", "RQ's own ids are random: give enqueue a job_id, e.g. of INCR."),
    (r"(?m)^\{'type': '", "A message from listen() is a dict: print its 'data' only."),
    (r"(?m)^\{'", "This is how Python shows a dict; the course shows an object as Node does."),
    (r"(?m)^\d\d:\d\d:\d\d ", "RQ's log goes to stdout: give the root logger a handler."),
]
ON_STDERR = [
    (r"UnpicklingError|'utf-8' codec.*0x80", "Queue and Worker need the same serializer: json."),
    (r"Work-horse|DeserializationError", "Both halves of a pair need the same serializer."),
    (r"codec can't decode byte 0x", "RQ needs bytes: give its Redis no decode_responses=True."),
    (r"(?i)job id must be a string", "RQ's job ids are texts: job_id=str(...)."),
    (r"Timeout reading from", "redis-py gives up after 5 s: give Redis socket_timeout=None."),
]


def hint(wrong, stage):
    """What may help against a fault, or an empty text."""
    if wrong.hint or not wrong.consoles:
        return wrong.hint or other_edition(stage)
    console, seen = wrong.consoles[0], "\n".join(wrong.seen)
    ports = re.findall(r"connect(?:ing|ion) to [\w.]+:(\d+)", f"{seen}\n{console.stderr}")
    if stage.proxy.listener and ports and str(stage.proxy.port) not in ports:
        return f"It looks on port {ports[-1]}; Redis is at {stage.proxy.url}: read REDIS_URL."
    if REFUSED in console.stderr and REFUSED not in seen:
        return "The line stands on stderr: print it on stdout."
    hints = [text for pattern, text in ON_STDERR if re.search(pattern, console.stderr)]
    hints += [text for pattern, text in ON_STDOUT if re.search(pattern, seen)]
    return hints[0] if hints else other_queue(stage) or other_edition(stage)


def other_edition(stage, words=()):
    """Say so if a script, or these words, are of another edition of the course."""
    words = {*words, *(word for _, command in list(stage.proxy.commands) for word in command[1:2])}
    for name, other in EDITIONS.items():
        theirs = other.key, other.new_key, other.hash_key, *other.channels
        if other is not stage.edition and words & {word.encode() for word in theirs}:
            return f"These are words of another edition of the course: see --edition {name}."
    return ""


def other_queue(stage):
    """Say at which queue of RQ a processor waits, if it is another than the course's."""
    wanted = QUEUES.get(stage.script[0], "")
    keys = {key for name in WAITS for _, words in stage.proxy.seen(name) for key in words[1:]}
    found = re.findall(r"rq:queue:([^: ]+)", b" ".join(keys).decode(errors="replace"))
    if "processor" in stage.script and found and wanted not in found:
        return f"It waits for jobs on the queue {found[0]!r}, not on {wanted!r}."
    return ""


def names_seen(stage, command):
    """A line that says which channels a command named, if not the course's."""
    names = {words[1].decode(errors="replace") for _, words in stage.proxy.seen(command)}
    if not names or names & {*stage.edition.channels} or other_edition(stage):
        return other_edition(stage)
    return f"Its {command.decode()} names {', '.join(sorted(map(repr, names)))}."
