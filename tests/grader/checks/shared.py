"""What the checks of several scripts share."""

import contextlib
import json
import re
import time

from ...course import JOB, QUEUES, REFUSED, created, transcript
from ..findings import Wrong, cause
from ..proxy import unzipped
from . import check
from .watching import bad_end, console_shows, ends_on_interrupt

CONNECTED = transcript("0_redis_client")
PAUSE = "redis-cli client pause 2000 write"  # delays replies, for whoever tries it by hand
IDLE = 1.4  # seconds without a job; many wait for one a second at a time
WAITS = 3.4  # seconds without a processor; many give up after three
HOLD = 0.3  # seconds for which a job's data is held back from Redis


@check("says so when there is no server")
def check_no_server(stage):
    stage.proxy.close()
    stage.note("there was no server to connect to", "redis-cli shutdown nosave")
    console = stage.run()
    console.wait_lines(1)
    refused = transcript("0_redis_client.refused")[0]
    expected = [refused.replace("6379", str(stage.proxy.port))]
    line = console.lines[0] if console.lines else ""
    if CONNECTED[0] in console.lines:
        raise Wrong(
            "says that it is connected, though there is no server", console, expected=expected
        )
    if not line.startswith(REFUSED) or line == REFUSED:
        console.wait_exit(0.5)
        what = cause(console, expected)
        raise Wrong(f"without a server, {what}", console, expected=expected)
    ends_on_interrupt(console, REFUSED, quiet=0)  # it may retry meanwhile, and say so


def not_before_the_reply(stage, console, names, seconds, line):
    """Raise Wrong if the console's line with this number came before Redis's reply to one of these
    commands, which was delayed by so many seconds."""
    asked = stage.proxy.seen(*names)
    if asked and console.started + console.times[line - 1] < asked[0][0] + seconds - 0.05:
        word = asked[0][1][0].decode(errors="replace").upper()
        raise Wrong(f"prints line {line} before Redis replies to the {word}", console)


# Jobs.


def names_queue(stage, word):
    """Return whether a word of a command names the pair's queue, and not a longer name."""
    queue = QUEUES[stage.script[0]].encode()
    return re.search(rb"(?<![\w-])%s(?![\w-])" % queue, word) is not None


def names_queue_somewhere(stage):
    """Return whether any command named the pair's queue."""
    words = [unzipped(word) for _, words in list(stage.proxy.commands) for word in words]
    return any(names_queue(stage, word) for word in words)


def objects(value):
    """Yield every object in some JSON, even in a string in it that is JSON itself."""
    if isinstance(value, (bytes, str)):
        with contextlib.suppress(ValueError, RecursionError):
            yield from objects(json.loads(value))
    elif isinstance(value, dict):
        yield value
        yield from objects(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from objects(part)


def sent_data(stage):
    """Return the data of the jobs that scripts sent, as Redis received it, the oldest first."""
    found = []
    for _, words in list(stage.proxy.commands):
        parts = [part for word in words for part in objects(unzipped(word))]
        texts = [word.decode(errors="replace") for word in words]
        if all(name in texts[:-1] for name in JOB):  # fields of a hash, or of a stream
            parts.append({name: texts[texts.index(name) + 1] for name in JOB})
        for part in parts:
            data = {name: part.get(name) for name in JOB}
            if data not in found and all(isinstance(text, str) for text in data.values()):
                found.append(data)
    return found


def jobs_of_rq(stage):
    """Yield the fields of each job that RQ has stored."""
    for key in stage.client.scan_iter("rq:job:*"):
        if stage.client.type(key) == b"hash":
            yield stage.client.hgetall(key)


def fault_of_queue(console, stage, jobs):
    """Return the first fault found, or None if the queue was used, and these jobs (None: any job)
    are stored as JSON, not as a pickle."""
    queue, client = QUEUES[stage.script[0]], stage.client
    words = [word for _, command in list(stage.proxy.commands) for word in map(unzipped, command)]
    if not names_queue_somewhere(stage):
        keys = ", ".join(sorted(key.decode(errors="replace") for key in client.scan_iter())[:8])
        return Wrong(f"does not put its jobs on the queue {queue}; the keys are {keys}", console)
    if any(word[:1] == b"\x80" and word[-1:] == b"." for word in words):
        hint = "Give the Queue serializer='json'. A pickle can run code when it is read."
        return Wrong("stores its data as a pickle", console, hint=hint)
    found = sent_data(stage)
    if not found:
        wanted = ", ".join(f"{name}: string" for name in JOB)
        return Wrong(f"stores no job with data of the format {{{wanted}}} as JSON", console)
    for data in jobs or []:
        if not any(data.items() <= part.items() for part in found):
            return Wrong(f"stores no job with the data {json.dumps(data)} as JSON", console)
    for key in client.scan_iter("*job*"):
        if client.type(key) == b"hash" and 0 <= client.ttl(key) < 3600:
            return Wrong("creates jobs that expire, even before a processor takes them", console)
    list_of_rq = f"rq:queue:{queue}"
    count = client.llen(list_of_rq) if client.type(list_of_rq) == b"list" else 0
    if count > len(jobs or [JOB]):
        return Wrong(f"puts {count} jobs on the queue in a run", console)
    return None


def creates(stage, expected):
    """Run a creator; raise Wrong unless its first lines are these. Return its console."""
    console = stage.run()
    if not console.wait(lambda console: console.lines[: len(expected)] == expected):
        if console.lines[:1] == created(1) and expected[:1] != created(1):
            raise Wrong(
                "does not continue the numbering: it begins at 1 again", console, expected=expected
            )
        console_shows(console, expected, seconds=0)
    return console


def puts_jobs_on_the_queue_and_counts_on(stage, jobs=None):
    """Raise Wrong unless a creator does that, and prints nothing more. jobs: their data, if the
    course prescribes it."""
    count = len(jobs or [JOB])
    lines = created(*range(1, 2 * count + 1))
    stage.proxy.data_hold = HOLD
    first = creates(stage, lines[:count])
    seen = stage.proxy.data_seen
    if seen is None or first.started + first.times[0] < seen + HOLD - 0.05:
        first.wait(lambda _: stage.proxy.data_seen, 2)
        if stage.proxy.data_seen:
            raise Wrong("says that the job is created before Redis stores it", first)
    faults = []

    def is_stored(console):
        faults[:] = [fault_of_queue(console, stage, jobs)]
        return faults == [None]

    if not first.wait(is_stored, 0.5):  # it may store the last one just after saying so
        raise faults[0]
    stage.note("the creator was run twice")
    second = creates(stage, lines[count:])
    says_no_more(second, lines[count:], 0.2)
    ends_on_interrupt(second)
    numbers_at_once(stage, created(*range(2 * count + 1, 4 * count + 1)))
    was_waiting = first.status is None
    says_no_more(first, lines[:count], WAITS)
    if was_waiting and first.status is not None:
        raise Wrong("does not wait until its job is done", first, expected=lines[:count])


def numbers_at_once(stage, expected):
    """Raise Wrong unless two creators that run at the same time show these lines together."""
    stage.proxy.data_hold = HOLD  # the other one overtakes the one that sends its data first
    consoles = [stage.run(), stage.run()]
    for console in consoles:
        console.wait_lines(len(expected) // 2)
    shown = [line for console in consoles for line in console.lines]
    if sorted(shown) != sorted(expected):
        stage.note("two creators were run at the same time")
        raise Wrong("does not give each job a number of its own", *consoles)


def says_no_more(console, expected, seconds):
    """Raise Wrong if a creator prints more than that within so many seconds of its first line."""
    left = console.started + console.times[0] + seconds - time.monotonic()
    if console.wait(lambda console: console.lines != expected, max(left, 0.1)):
        what = "reports on its jobs, though no processor is running"
        raise Wrong(what, console, expected=expected)


@check("waits for jobs on the queue, and says nothing until one comes")
def check_waits(stage):
    """No creator takes part in this."""
    console = stage.run()
    console.wait(lambda _: names_queue_somewhere(stage), 5)
    console.wait_exit(IDLE)
    wrong = Wrong("", console, expected=[])
    if console.status is not None:
        wrong.headline = f"does not wait for jobs: it {bad_end(console)}"
    elif console.lines:
        wrong.headline = "prints something before any job comes"
    elif not names_queue_somewhere(stage):
        wrong.headline = f"does not wait for jobs on the queue {QUEUES[stage.script[0]]}"
    else:
        return ends_on_interrupt(console, quiet=0)
    raise wrong


def change_data(stage, changes, why):
    """Have the jobs' data changed on its way to Redis; record that, and why, for the report."""
    stage.proxy.rewrites = {old.encode(): new.encode() for old, new in changes.items()}
    told = [f"{old} to {new}" for old, new in changes.items()]
    if len(told) > 3:
        told[3:] = ["..."]
    text = f"the jobs' data was changed on its way to Redis ({', '.join(told)}), {why}"
    stage.note_hidden_change(text, *changes.values())
