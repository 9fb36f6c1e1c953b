"""What the checks of several scripts share."""

import contextlib
import json
import re
import time
import zlib

import redis

from ...course import JOBS, QUEUES, REFUSED, transcript
from ...harness.waiting import wait_until
from ..verdict import Wrong, cause
from .watching import console_shows, interrupted

CONNECTED = transcript("0_redis_client")
QUIET = 1.2  # seconds without a processor in which a creator may say nothing


def says_that_no_server_is_there(stage, script, exactly=False):
    """Raise Wrong unless the script says so, in whatever words follow the course's."""
    stage.proxy.close()
    stage.note("no server was there to connect to", "redis-cli shutdown nosave")
    console = stage.run(script)
    console.wait_lines(1, timeout=12)
    refused = transcript("0_redis_client.refused")[0]
    expected = [refused.replace("6379", str(stage.proxy.port))]
    line = console.lines[0] if console.lines else ""
    if CONNECTED[0] in console.lines:
        raise Wrong("says that it is connected, to no server", console, expected=expected)
    if not line.startswith(REFUSED) or line == REFUSED or (exactly and line != expected[0]):
        console.wait_exit(0.5)
        what = cause(console, expected)
        raise Wrong(f"without a server, {what}", console, expected=expected)
    interrupted(console, REFUSED, quiet=0)  # it may try again meanwhile, and say so again


def not_before_the_reply(stage, console, name, seconds, line):
    """Raise Wrong if the console's line (its number) came before Redis had answered."""
    asked = stage.proxy.seen(name)
    if asked and console.started + console.times[line - 1] < asked[0][0] + seconds - 0.05:
        word = name.decode()
        raise Wrong(f"prints line {line} before Redis has answered the {word}", console)


def once(is_so, then):
    """An action for the proxy: wait until what a script has sent is done, then change it."""

    def action():
        with contextlib.suppress(TimeoutError):
            wait_until(is_so, 1)
        then()

    return action


# Jobs.

JOB = {"phoneNumber": "4153518780", "message": "This is the code to verify your account"}


def stored(client):
    """Every string that Redis holds in its values, uncompressed, and what has fields as JSON."""
    found = []
    for key in client.scan_iter():
        kind = client.type(key)
        if kind == b"string":
            found.append(client.get(key) or b"")
        elif kind in (b"list", b"set", b"zset"):
            found += client.sort(key, by="nosort")
        elif kind in (b"hash", b"stream"):
            entries = client.xrange(key) if kind == b"stream" else [(None, client.hgetall(key))]
            for _, fields in entries:
                found += fields.values()
                text = [[word.decode(errors="replace") for word in pair] for pair in fields.items()]
                found.append(json.dumps(dict(text)).encode())
    for value in list(found):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompress(value))
    return found


def objects(value):
    """Every object in some JSON, also in JSON that is a string in it."""
    if isinstance(value, (bytes, str)):
        with contextlib.suppress(ValueError, RecursionError):
            yield from objects(json.loads(value))
    elif isinstance(value, dict):
        yield value
        yield from objects(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from objects(part)


def fault_of_queue(console, client, queue, expected):
    """A Wrong unless the queue is in Redis, and the expected data: as JSON, not pickled."""
    try:
        values = stored(client)
        names = [key.decode(errors="replace") for key in client.scan_iter()]
    except redis.ResponseError as error:
        return Wrong(f"leaves in Redis what cannot be read: {error}", console)
    if queue.encode() not in values and not any(re.search(rf"{queue}(?!_2)", n) for n in names):
        keys = ", ".join(sorted(names)[:8])
        return Wrong(f"puts its jobs on no queue {queue}; the keys are {keys}", console)
    if any(value[:1] == b"\x80" and value[-1:] == b"." for value in values):
        hint = "Give the Queue serializer='json'. A pickle can run code when it is read."
        return Wrong("stores its data as a pickle", console, hint=hint)
    found = [part for value in values for part in objects(value)]
    for data in expected:
        if not any(data.items() <= part.items() for part in found):
            return Wrong(f"stores no job with the data {json.dumps(data)} as JSON", console)
    return None


def created(*ids):
    return [f"Notification job created: {number}" for number in ids]


def creates(stage, script, expected):
    """Run a creator; raise Wrong unless it begins with these lines. Return its console."""
    console = stage.run(script)
    if not console.wait(lambda console: console.lines[: len(expected)] == expected, 10):
        if console.lines[:1] == created(1) and expected[:1] != created(1):
            raise Wrong("does not count on, but begins at 1 again", console, expected=expected)
        console_shows(console, expected, timeout=0)
    return console


def puts_jobs_on_the_queue_and_counts_on(stage, script, jobs):
    """Raise Wrong unless a creator does so, and says no more while there is no processor."""
    count = len(jobs)
    lines = created(*range(1, 2 * count + 1))
    first = creates(stage, script, lines[:count])
    begin = time.monotonic()
    while fault := fault_of_queue(first, stage.client, QUEUES[script[0]], jobs):
        waited = time.monotonic() - begin
        if waited > 2 or (waited > 0.4 and not first.is_busy()):
            raise fault
        time.sleep(0.05)  # it may store the last of them just after it has said so
    stage.note("the creator was run twice")
    second = creates(stage, script, lines[count:])
    end = first.started + first.times[0] + QUIET
    for console, expected in (first, lines[:count]), (second, lines[count:]):
        console.wait(lambda console, lines=expected: console.lines != lines, end - time.monotonic())
        if console.lines != expected:
            what = "says more of its jobs than is true: there is no processor"
            raise Wrong(what, console, expected=expected)
    interrupted(second)


def change_data(stage, changes):
    """Have the jobs' data changed on its way to Redis, and say so."""
    stage.proxy.changes = {old.encode(): new.encode() for old, new in changes.items()}
    told = [f"{old} to {new}" for old, new in changes.items()]
    if len(told) > 3:
        told[3:] = ["..."]
    stage.note(
        f"the jobs' data was changed on its way to Redis ({', '.join(told)}), to see that the "
        "processor does what the job says"
    )


def changed(lines, changes):
    """Lines of the course, as they are with other data."""
    text = "\n".join(lines)
    for old, new in changes.items():
        text = text.replace(old, new)
    return text.splitlines()


def blacklisted(lines, number):
    """The lines of task 8's creator when one more number, if any, is on the list."""
    if not number:
        return lines
    job = f"Notification job {[job['phoneNumber'] for job in JOBS].index(number) + 1}"
    failed = f"{job} failed: Phone number 4153518781 is blacklisted"
    text = "\n".join(lines).replace(f"{job} 50% complete\n", "")
    return text.replace(f"{job} completed", failed).splitlines()
