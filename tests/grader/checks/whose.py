"""Whose fault it is, in a pair: seen from what each script shows by itself, and from what the
processor told Redis. What the creator's lines lack says by itself nothing about whose fault it is.
"""

import re
from collections import Counter, defaultdict

from ...course import BLACKLIST, blacklisted
from ..findings import last_error
from ..proxy import unzipped

# The lines that a creator may print, with any number, percentage and error.
CREATORS_LINE = re.compile(
    r"Notification job (?:created: \d+|#?\d+ \d+% complete|(?:#?\d+ )?completed|failed"
    r"|#?\d+ failed: .*)"
)


def asks_for_status(stage):
    """Whether a creator, before any processor ran, asked RQ for its job's status: then RQ alone can
    tell it how the job ends."""
    return any(
        key.startswith((b"rq:job:", b"rq:results:"))
        for _, words in stage.proxy.seen(b"HGETALL", b"HGET", b"HMGET", b"XREAD", b"XREVRANGE")
        for key in words[1:]
    )


def creators_own_fault(fault):
    """Whether what a creator shows is its own fault for sure: words that no processor chose, a job
    that is not its own, an error, an early end, the same line twice."""
    console = fault.consoles[0]
    if last_error(console.script.name, console.stderr):
        return True
    lines = console.lines
    if any(not CREATORS_LINE.fullmatch(line) for line in lines):
        return True
    ids = {line.split(": ")[1] for line in lines if "created: " in line}
    if any(number not in ids for number in re.findall(r"job #?(\d+) ", "\n".join(lines))):
        return True
    if console.status is not None and fault.missing:
        return True
    if len(ids) <= 1:
        return len(lines) > 2
    ends = re.findall(r"job #?(\d+) (?:completed|failed)", "\n".join(lines))
    return max(Counter(ends).values(), default=0) > 1


def processors_fault(console, expected, alike=False):
    """What is wrong with a processor, seen from its own console, or None. alike: all of the lines
    are the same, however many there are."""
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


class Told:
    """What a processor told Redis about the jobs of tasks 8 and 9, in whatever words: whether 0 was
    reported for each job and 50 for most, and that blacklisted numbers fail. None: that cannot be
    seen. count: how many jobs there are."""

    def __init__(self, stage, processor, count):
        before = stage.proxy.sent_by[: processor.commands_before]
        ports = {port for port, _ in before}  # of the creators
        after = list(stage.proxy.sent_by)[processor.commands_before :]
        texts = [
            b"\n".join(map(unzipped, words)).decode(errors="replace")
            for port, words in after
            if port not in ports
        ]
        said = "\n".join(texts)
        self.failures = all(blacklisted(number) in said for number in BLACKLIST)
        self.zero, self.fifty = numbers_in(texts, count)

    def of_missing(self, missing):
        """Whether what these lines of a creator say was told: True, False, or None."""
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


def numbers_in(texts, count):
    """(whether 0 was told for each job, whether 50 was for most).

    A percentage comes after the same word in all that a processor sends: the word after which 50
    comes most often. None: there is no such word. A text with 50 may repeat an earlier 0.
    """
    numbers = [numbers_by_word(text) for text in texts]
    words = Counter(word for found in numbers for word in found if 50 in found[word])
    if not words or words.most_common(1)[0][1] < count / 2:
        return None, None
    [(word, _)] = words.most_common(1)
    zeros = [found for found in numbers if 0 in found[word] and 50 not in found[word]]
    return len(zeros) >= count, True


def numbers_by_word(text):
    """The numbers in a text, by the last word before each."""
    parts, word, found = re.split(r"(\d+)", text), "", defaultdict(set)
    for between, number in zip(parts[::2], parts[1::2]):
        word = (re.findall(r"[a-z]{2,}", between) or [word])[-1]
        found[word].add(int(number))
    return found
