"""Symptoms with a well-known cause, and what helps."""

import contextlib
import re
import sys
from pathlib import Path

import psutil

from ..course import EDITIONS, QUEUES, WORKERS, replies

POP_COMMANDS = b"BLMOVE", b"LMOVE", b"BRPOPLPUSH", b"BLPOP", b"LPOP", b"BRPOP", b"RPOP"

CONFIRMATION = (
    "listen() also returns the confirmation of the subscription, whose data is 1: skip it, with "
    "ignore_subscribe_messages=True, or by the message's type."
)
ON_STDOUT = [
    (r"\bb'|\bb\"", "redis-py returns bytes: decode() them, or give Redis decode_responses=True."),
    (re.escape(replies(True)[0]), "redis-py turns Redis's reply OK into True."),
    (
        r"(?m): [0-9a-f]{8}-",
        "RQ's own ids are random: give enqueue a job_id, for example from INCR.",
    ),
    (r"(?m)^\{'type': '", "A message from listen() is a dict: print only its 'data'."),
    (
        r"(?m)^(['\"]).*\1$",
        "The quotes are not part of the text: print it as it is, without repr() or json.dumps().",
    ),
    (r"(?m)^1$", CONFIRMATION),
    (r"(?m)^\{'", "This is how Python shows a dict; the course shows an object as Node does."),
    (
        r"(?m)^\d\d:\d\d:\d\d |Worker [0-9a-f]{32}|\*\*\* Listening",
        'RQ logs to stdout: worker.work(logging_level="ERROR") logs errors only, on stderr.',
    ),
    (r"\x1b\[", "The output has colour codes: print plain text."),
]
ON_STDERR = [
    (r"UnpicklingError|'utf-8' codec.*0x80", "Queue and Worker need the same serializer: json."),
    (r"Work-horse|DeserializationError", "Both halves of a pair need the same serializer."),
    (r"codec can't decode byte 0x", "RQ needs bytes: give its Redis no decode_responses=True."),
    (r"(?i)job id must be a string", "RQ's job ids are strings: job_id=str(...)."),
    (r"Timeout reading from", "redis-py gives up after 5 s: give Redis socket_timeout=None."),
    (
        r"was never awaited",
        "Without await, a call of an async function does nothing.",
    ),
    (r"EOFError: EOF when reading a line", "input() waits for a line that nobody types here."),
]
SECOND_WORKER = (
    "RQ imports the script again to find the function of a job, and that starts a second worker "
    'inside the first job. Start the worker below `if __name__ == "__main__":`.'
)
LIBRARY_NAMES = ("redis", "rq", *sys.stdlib_module_names)


def hint_for(wrong, stage):
    """Return what may help against a fault, or an empty text."""
    if wrong.hint or not wrong.consoles:
        return wrong.hint or other_edition(stage)
    console, seen = wrong.consoles[0], "\n".join(wrong.seen)
    ports = re.findall(r"connect(?:ing|ion) to [\w.]+:(\d+)", f"{seen}\n{console.stderr}")
    if stage.proxy.listener and ports and str(stage.proxy.port) not in ports:
        return f"It looks on port {ports[-1]}; Redis is at {stage.proxy.url}: read REDIS_URL."
    if hidden := hidden_library(stage.folder, console.stderr):
        return f"{hidden} in this folder hides the library of that name: rename it."
    if started_a_second_worker(stage):
        return SECOND_WORKER
    hints = [where_the_lines_are(wrong)]
    hints += [text for pattern, text in ON_STDERR if re.search(pattern, console.stderr)]
    hints += [text for pattern, text in ON_STDOUT if re.search(pattern, seen)]
    if hints := [text for text in hints if text]:
        return hints[0]
    return waits_for_input(stage, console) or other_queue(stage) or other_edition(stage)


def where_the_lines_are(wrong):
    """Return a hint if a missing line is on stderr, or on the partner's console."""
    missing = [line for line in wrong.expected or [] if line and line not in wrong.seen]
    console, *partners = wrong.consoles
    if any(line in console.stderr for line in missing):
        return "The line is on stderr: print it on stdout."
    for partner in partners:
        if any(line in partner.lines for line in missing):
            return (
                f"The line is on the console of {partner.script.name}: what RQ calls when a job "
                "ends (on_success, on_failure) runs in the worker's process and prints there."
            )
    return ""


def hidden_library(folder, stderr):
    """Return the name of a file that was imported in place of a library, if this failed."""
    if not re.search(r"(?m)^(AttributeError|ImportError|ModuleNotFoundError|TypeError)", stderr):
        return None
    names = [path.name for path in folder.glob("*.py") if path.stem in LIBRARY_NAMES]
    return next((name for name in sorted(names) if name[:-3] in stderr), None)


def started_a_second_worker(stage):
    """Return whether one of RQ's workers was started by a job of another, in the same process or in
    a child of it."""
    if "processor" not in stage.script or not stage.server.is_alive():
        return False
    names = stage.client.smembers("rq:workers")
    pids = [int(stage.client.hget(name, "pid") or 0) for name in names]
    in_one_process = len(set(pids)) < len(pids) and len(pids) > WORKERS[stage.script[0]]
    return in_one_process or any(set(pids) & parents_of(pid) for pid in pids)


def parents_of(pid):
    with contextlib.suppress(psutil.Error):
        return {parent.pid for parent in psutil.Process(pid).parents()}
    return set()


def waits_for_input(stage, console):
    path = stage.folder / console.script.name
    waits = console.status is None and path.is_file() and b"input(" in path.read_bytes()
    return "input() waits for a line that nobody types here." if waits else ""


def other_edition(stage, words=()):
    """Return a hint if a script used words of another edition of the course, or `words` are."""
    words = {*words, *(word for _, command in list(stage.proxy.commands) for word in command[1:2])}
    for name, other in EDITIONS.items():
        theirs = other.key, other.new_key, other.hash_key, *other.channels
        if other is not stage.edition and words & {word.encode() for word in theirs}:
            return f"These are words of another edition of the course: see --edition {name}."
    return ""


def other_queue(stage):
    """Return a hint if a processor waits at another queue of RQ than the course's."""
    wanted = QUEUES.get(stage.script[0], "")
    keys = {
        key for name in POP_COMMANDS for _, words in stage.proxy.seen(name) for key in words[1:]
    }
    found = re.findall(r"rq:queue:([^: ]+)", b" ".join(keys).decode(errors="replace"))
    if "processor" in stage.script and found and wanted not in found:
        return f"It waits for jobs on the queue {found[0]!r}, not on {wanted!r}."
    return ""


def hint_on_channel(stage, command):
    """Return a hint that names the channels of a command, if the course's is not among them."""
    names = {words[1].decode(errors="replace") for _, words in stage.proxy.seen(command)}
    if not names or names & {*stage.edition.channels} or other_edition(stage):
        return other_edition(stage)
    return f"Its {command.decode()} names {', '.join(sorted(map(repr, names)))}."


def plain(name):
    """Return a file's name with only its letters (in lower case) and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def other_name_of(script, folder):
    """Return the name of a file that is probably meant to be the script, or None. Its name is
    similar to the script's, or to that of the course's .js file; systems add "(1)" or ".txt"."""
    similar = re.compile(rf"{plain(Path(script).stem)}\d?(py|js)(txt)?")
    found = [path.name for path in sorted(folder.iterdir()) if similar.fullmatch(plain(path.name))]
    return next((name for name in found if name != script), None)
