"""Which script of a pair is at fault: this is decided by what each one shows by itself, and by what
the processor told Redis. Lines that the creator does not show can be the fault of either.
"""

import base64
import contextlib
import json
import re
from collections import Counter, defaultdict

from ...course import BLACKLIST, blacklisted
from ..findings import last_error
from ..proxy import unzipped
from .lines import unexpected

# The lines that a creator may print, with any number, percentage and error.
CREATORS_LINE = re.compile(
    r"Notification job (?:created: \d+|#?\d+ \d+% complete|(?:#?\d+ )?completed|failed"
    r"|#?\d+ failed: .*)"
)
COMPLETES_FAILED_JOBS = "reports that failed jobs are completed"
OVERWRITE = "HSET", "HMSET", "SET", "MSET", "JSON.SET"  # what was there before
# How a processor may say that a job completed, and that it failed.
END_WORDS = (
    re.compile(r"\b(completed?|finished|success|succeeded|done)\b", re.IGNORECASE),
    re.compile(r"\b(fail(ed|ure)?|error|blacklisted)\b", re.IGNORECASE),
)


def asks_for_status(stage):
    """Return whether a creator asked RQ for its job's status before any processor ran. If so, RQ
    alone can tell it how the job ends."""
    return any(asks(words) for _, words in list(stage.proxy.commands))


def asks(words):
    """Return whether this command asks RQ for the status of a job, or for its result."""
    names = b"HGETALL", b"HGET", b"HMGET", b"XREAD", b"XREVRANGE"
    return words[0].upper() in names and any(
        key.startswith((b"rq:job:", b"rq:results:")) for key in words[1:]
    )


def creators_own_fault(fault, told=None):
    """Return whether what a creator shows is surely its own fault: other words, or a job that ends
    twice (unless the processor `told` it so), a job that is not its own, an error, an early end."""
    console = fault.consoles[0]
    if last_error(console.script.name, console.stderr):
        return True
    lines = console.lines
    others = [line for line in lines if not CREATORS_LINE.fullmatch(line)]
    if not all(told and told.has(line) for line in others):
        return True
    if any("created: " in line for line in fault.missing):
        return True
    ids = {line.split(": ")[1] for line in lines if "created: " in line}
    if any(number not in ids for number in re.findall(r"job #?(\d+) ", "\n".join(lines))):
        return True
    ends = re.findall(r"job #?(\d+) (?:completed|failed)", "\n".join(lines))
    if console.status is not None and fault.missing and len(set(ends)) < len(ids):
        return True
    if len(ids) <= 1:
        return len(lines) > 2
    ends_twice = max(Counter(ends).values(), default=0) > 1
    return ends_twice and not (told and told.both_ends(lines))


def processors_fault(console, expected, alike=False):
    """Return what is wrong with a processor according to its own console, or None. alike: do not
    count the lines, as long as there are some."""
    if console.status is not None:
        return "ends"
    if last_error(console.script.name, console.stderr):
        return "raises an error"
    lines = console.lines
    if set(lines) - set(expected):
        return "prints other lines"
    if not alike and Counter(lines) != Counter(expected):
        return "does not do its jobs"
    return None if lines or not expected else "does not do its jobs"


def told_by(stage, processor, count):
    """Return what a processor told Redis about so many jobs: what came since it was started, on
    other connections than the creators'."""
    before = stage.proxy.sent_by[: processor.commands_before]
    creators_ports = {port for port, _ in before}
    after = list(stage.proxy.sent_by)[processor.commands_before :]
    texts = [
        b"\n".join(map(readable, words)).decode(errors="replace")
        for port, words in after
        if port not in creators_ports
    ]
    told = Told(texts, count)
    if any(asks(words) for _, words in before) and not stage.server.count_jobs("7", "failed"):
        told.failures = False  # the creators ask RQ, in which no job failed
    return told


def readable(word):
    """Return what is compressed in a word, also in base64, as RQ's tracebacks are; or the word."""
    with contextlib.suppress(ValueError):
        return (
            unzipped(base64.b64decode(word, validate=True)) if word[:2] == b"eJ" else unzipped(word)
        )
    return word


class Told:
    """What a processor told Redis about the jobs of tasks 8 and 9, in whatever words. zero, fifty:
    whether it reported 0 for each job, and 50 for most; None if that cannot be seen. failures:
    whether it reported both blacklisted numbers. count: how many jobs there are."""

    def __init__(self, texts, count):
        self.texts, said = texts, "\n".join(texts)
        self.failures = all(blacklisted(number) in said for number in BLACKLIST)
        if any(self.says(number, END_WORDS[0]) for number in "12"):
            self.failures = None  # their jobs are said to be completed, too
        self.zero, self.fifty = numbers_in(texts, count)

    def of_missing(self, missing):
        """Return whether Redis was told what these lines of a creator say; None if that cannot be
        seen."""
        told = [
            answer
            for words, answer in (
                ("50% complete", self.fifty),
                (" 0% complete", self.zero),
                (" failed: ", self.failures),
            )
            if any(words in line for line in missing)
        ]
        if not told or None in told:
            return False if False in told else None
        return all(told)

    def both_ends(self, lines):
        """Return whether a creator's lines show a job as completed and as failed, and Redis was
        told both."""
        ends = re.findall(r"job #?(\d+) (completed|failed)", "\n".join(lines))
        both = {
            number for number, _ in ends if {(number, "completed"), (number, "failed")} <= {*ends}
        }
        return any(all(self.says(number, word) for word in END_WORDS) for number in both)

    def wrong_report(self, lines, expected):
        """Return which wrong lines of a creator are what the processor told Redis, or None."""
        if self.both_ends(lines):
            return COMPLETES_FAILED_JOBS
        if self.progress_after_end(lines):
            return "reports progress after the end of a job"
        extra = unexpected(lines, expected or lines)
        if not extra or not all(map(self.has_line, extra)):
            return None
        if any(line.endswith(" completed") for line in extra):
            return COMPLETES_FAILED_JOBS
        if any(line.endswith("% complete") for line in extra):
            return "reports progress that the course does not ask for"
        return "reports errors in other words"

    def has_line(self, line):
        """Return whether Redis was told what a creator's line says."""
        found = re.fullmatch(r".* job #?(\d+) (?:(completed)|(\d+)% complete|failed: (.*))", line)
        if not found:
            return self.has(line)
        number, completed, percent, reason = found.groups()
        if completed:
            return self.says(number, END_WORDS[0])
        return self.says(number, re.compile(rf"\b{percent}\b")) if percent else self.has(reason)

    def has(self, text):
        """Return whether one of the texts has this one, maybe in JSON. Not what RQ stores about a
        failed job: how much of that a creator shows is the creator's choice."""
        chosen = [said for said in self.texts if "exc_string" not in said]
        return any(part in said for said in chosen for part in (text, json.dumps(text)[1:-1]))

    def progress_after_end(self, lines):
        """Return whether a creator's lines show a job's 50% after its end, as Redis was told."""
        shown = re.findall(r"job #?(\d+) completed\n(?:.*\n)*.* job #?\1 50%", "\n".join(lines))
        for number in shown:
            about = self.about(number)
            first = [
                next((n for n, text in enumerate(about) if word.search(text)), len(about))
                for word in (END_WORDS[0], re.compile(r"\b50\b"))
            ]
            if first[0] < first[1] < len(about):
                return True
        return False

    def says(self, number, word):
        """Return whether one of the texts about the job with this number has such a word."""
        return any(word.search(text) for text in self.about(number))

    def about(self, number):
        """Return the texts about the job with this number."""
        found = []
        for text in self.texts:
            name = f"rq:job:{number}" if "rq:" in text else number
            if re.search(rf"\b{name}\b", text):
                found.append(text)
        return found


def numbers_in(texts, count):
    """Return (whether 0 was reported for each job, whether 50 was reported for most).

    A processor sends its percentages after the same word each time: one that often comes before 50.
    Without such a word, return (None, None). A text with 50 may repeat an earlier 0. If it
    overwrites it instead, a creator may come too late for 0: unless 0 is also sent in another way,
    return (None, True).
    """
    numbers = [numbers_by_word(text) for text in texts]
    counts = Counter(word for found in numbers for word in found if 50 in found[word])
    zero = [zeros_by(word, texts, numbers, count) for word, n in counts.items() if n >= count / 2]
    if not zero:
        return None, None
    return (True if True in zero else None if None in zero else False), True


def zeros_by(word, texts, numbers, count):
    """Return whether 0 was reported for each job, always after this word; None if it may have been
    overwritten."""
    zeros = [
        text for text, found in zip(texts, numbers) if 0 in found[word] and 50 not in found[word]
    ]
    kept = [text for text in zeros if not text.startswith(OVERWRITE)]
    repeats_it = any({0, 50} <= found[word] for found in numbers)
    if len(kept) < len(zeros) and len(kept) < count and not repeats_it:
        return None
    return len(zeros) >= count


def numbers_by_word(text):
    """Return the numbers in a text, by the last word before each of them."""
    parts, word, found = re.split(r"(\d+)", text), "", defaultdict(set)
    for between, number in zip(parts[::2], parts[1::2]):
        word = (re.findall(r"[a-z]{2,}", between) or [word])[-1]
        found[word].add(int(number))
    return found
