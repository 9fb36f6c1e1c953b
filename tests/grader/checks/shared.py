"""What the checks of several scripts share."""

import contextlib
import json
import re
import time
import zlib

import redis

from ...course import JOBS, REFUSED, job_by_job
from ..verdict import Wrong, cause
from .watching import console_shows, interrupted

CONNECTED = "Redis client connected to the server"
EXACTLY = (
    "Error: Redis connection to 127.0.0.1:{port} failed - connect ECONNREFUSED 127.0.0.1:{port}"
)
QUIET = 1.2  # seconds without a processor in which a creator may say nothing


def no_server(stage):
    stage.proxy.close()
    stage.note("no server was there to connect to", "redis-cli shutdown nosave")


def says_that_no_server_is_there(stage, script, exactly=False):
    """Raise Wrong unless the script says so, in whatever words follow the course's."""
    no_server(stage)
    console = stage.run(script)
    console.wait(lambda console: console.lines, timeout=12)
    expected = [REFUSED + EXACTLY.format(port=stage.proxy.port)]
    line = console.lines[0] if console.lines else ""
    if CONNECTED in console.lines:
        raise Wrong("says that it is connected, to no server", console, expected=expected)
    if not line.startswith(REFUSED) or line == REFUSED or (exactly and line != expected[0]):
        console.wait_exit(0.5)
        what = cause(console, expected)
        raise Wrong(f"without a server, {what}", console, expected=expected)
    interrupted(console, REFUSED, quiet=0)  # it may try again meanwhile, and say so again


def holds(stage, key, value):
    """Put a value at a key, and say so."""
    stage.client.set(key, value)
    stage.note(
        f"the key {key} was set to {value}, to see that the value is asked of Redis",
        f'redis-cli set {key} "{value}"',
    )


def not_before_the_reply(stage, console, name, seconds, line):
    """Raise Wrong if the console's line (its number) came before Redis had answered."""
    asked = [when for when, words in stage.proxy.commands if words[0].upper() == name]
    if asked and console.started + console.times[line - 1] < asked[0] + seconds - 0.05:
        word = name.decode()
        raise Wrong(f"prints line {line} before Redis has answered the {word}", console)


def once_it_is(read, value, then):
    """An action for the proxy: wait until what a script has sent is done, then change it."""

    def action():
        end = time.monotonic() + 1
        while read() != value and time.monotonic() < end:
            time.sleep(0.005)
        then()

    return action


# Jobs.

JOB = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}


def stored(client):
    """Every string that Redis holds in its values, uncompressed."""
    found = []
    for key in client.scan_iter():
        kind = client.type(key).decode()
        if kind == "string":
            found.append(client.get(key))
        elif kind == "hash":
            found += client.hvals(key)
            found += as_object(client.hgetall(key))
        elif kind == "list":
            found += client.lrange(key, 0, -1)
        elif kind == "set":
            found += client.smembers(key)
        elif kind == "zset":
            found += client.zrange(key, 0, -1)
        elif kind == "stream":
            for _, fields in client.xrange(key):
                found += fields.values()
                found += as_object(fields)
    for value in list(found):
        with contextlib.suppress(zlib.error, TypeError):
            found.append(zlib.decompress(value))
    return [value for value in found if value is not None]


def as_object(fields):
    """An object that is spread over fields, as JSON."""
    with contextlib.suppress(UnicodeDecodeError):
        pairs = {name.decode(): value.decode() for name, value in fields.items()}
        return [json.dumps(pairs).encode()]
    return []


def objects(value):
    """Every object in some JSON, also in JSON that is a string in it."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from objects(part)


def queued(console, stage, queue, expected):
    """Raise Wrong unless the queue is in Redis, and the expected data: as JSON, not pickled.

    A creator may store the last of it just after it has said so.
    """
    begin = time.monotonic()
    while True:
        try:
            return is_queued(console, stage, queue, expected)
        except Wrong:
            waited = time.monotonic() - begin
            if waited > 2 or (waited > 0.4 and not console.is_busy()):
                raise
        time.sleep(0.05)


def is_queued(console, stage, queue, expected):
    try:
        values = stored(stage.client)
        names = [key.decode(errors="replace") for key in stage.client.scan_iter()]
    except redis.ResponseError as error:
        raise Wrong(f"leaves in Redis what cannot be read: {error}", console) from None
    if queue.encode() not in values and not any(re.search(rf"{queue}(?!_2)", n) for n in names):
        keys = ", ".join(sorted(names)[:8])
        raise Wrong(f"puts its jobs on no queue {queue}; the keys are {keys}", console)
    if any(value[:1] == b"\x80" and value[-1:] == b"." for value in values):
        hint = "Give the Queue serializer='json'. A pickle can run code when it is read."
        raise Wrong("stores its data as a pickle", console, hint=hint)
    found = []
    for value in values:
        with contextlib.suppress(ValueError, RecursionError):
            found += objects(json.loads(value))
    for data in expected:
        if not any(data.items() <= part.items() for part in found):
            raise Wrong(f"stores no job with the data {json.dumps(data)} as JSON", console)


def created(ids):
    return [f"Notification job created: {number}" for number in ids]


def creates(stage, script, ids):
    """Run a creator; raise Wrong unless it begins with jobs of these ids. Return its console."""
    console, expected = stage.run(script), created(ids)
    console.wait(lambda console: console.lines[: len(expected)] == expected, 10)
    if console.lines[: len(expected)] != expected:
        if ids[0] > 1 and created([1]) == console.lines[:1]:
            raise Wrong("does not count on, but begins at 1 again", console, expected=expected)
        console_shows(console, expected, timeout=0)
    return console


def no_more_while_nobody_works(ids_of):
    """Raise Wrong if creators say more than the ids of their jobs, while there is no processor."""
    end = None
    for console, ids in ids_of.items():
        end = end or console.started + console.times[0] + QUIET
        expected = created(ids)
        console.wait(lambda console, lines=expected: console.lines != lines, end - time.monotonic())
        if console.lines != expected:
            what = "says more of its jobs than is true: there is no processor"
            raise Wrong(what, console, expected=expected)


def other_data(stage, numbers, words=(b"verify",)):
    """Have each job's data changed on its way to Redis; return what it is changed to.

    numbers: a dictionary of the course's phone numbers and those in their place, or a list of
    those to replace by any.
    """
    if not isinstance(numbers, dict):
        numbers = {number: f"7{stage.random.randrange(10**8, 10**9)}" for number in numbers}
    changes = {old.encode(): new.encode() for old, new in numbers.items()}
    changes |= {word: stage.word()[: len(word)].encode() for word in words}
    stage.proxy.changes = changes
    stage.note(
        "the jobs' data was changed on its way to Redis ("
        + ", ".join(f"{old.decode()} to {new.decode()}" for old, new in list(changes.items())[:3])
        + (", ..." if len(changes) > 3 else "")
        + "), to see that the processor does what the job says"
    )
    return changes


def changed(lines, changes):
    """Lines of the course, as they are with other data."""
    text = "\n".join(lines)
    for old, new in changes.items():
        text = text.replace(old.decode(), new.decode())
    return text.splitlines()


# Two terminals at once, tasks 8 and 9.


def in_flight(lines):
    """The jobs of which a creator has told that they are begun, and not that they have ended."""
    begun = [found[1] for line in lines if (found := re.match(r".* job (\S+) 0% complete$", line))]
    ended = {
        found[1] for line in lines if (found := re.match(r".* job (\S+) (completed|failed)", line))
    }
    return [job for job in begun if job not in ended]


def next_begun(creator, seen, timeout):
    """Wait for a line that tells of a job that it is begun, and that is not in `seen`."""

    def begun():
        lines = creator.lines
        return [line.split()[2] for line in lines if line.endswith(" 0% complete")]

    creator.wait(lambda console: set(begun()) - seen, timeout)
    return [job for job in begun() if job not in seen]


def blacklisted(lines, number):
    """The creator's lines when one more number is on the list."""
    if not number:
        return lines
    job = [job["phoneNumber"] for job in JOBS].index(number) + 1
    reason = "Phone number 4153518781 is blacklisted"
    lines = [line for line in lines if line != f"Notification job {job} 50% complete"]
    return [
        f"Notification job {job} failed: {reason}" if line == f"Notification job {job} completed"
        else line for line in lines
    ]  # fmt: skip


def shows_all(console, expected, order=job_by_job):
    """console_shows for the long consoles of tasks 8 and 9."""
    console_shows(console, expected, order, timeout=25)
