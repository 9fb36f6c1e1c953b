"""The lines of task 8's creator: which ones to expect, and what they say about its jobs."""

import re

from ... import course
from ...course import BLACKLIST, JOBS, blacklisted, failed, percent_complete, renumbered, transcript


def expected_lines(number=None):
    """Return the lines to expect if the phone number of one job is replaced by a blacklisted one
    (None: of no job)."""
    lines = transcript("7_job_creator")
    if not number:
        return lines
    place = [job["phoneNumber"] for job in JOBS].index(number) + 1
    text = "\n".join(lines).replace(f"{percent_complete(place, 50)}\n", "")
    reason = failed(place, blacklisted(BLACKLIST[1]))
    return text.replace(f"Notification job {place} completed", reason).splitlines()


def begun(lines, percent=0):
    """Return the ids of the jobs that have got so far, according to a creator's lines."""
    return re.findall(rf"(?m)^.* job #?(\S+) {percent}% complete$", "\n".join(lines))


def in_flight(lines):
    """Return the ids of the jobs that have begun but not ended."""
    ended = re.findall(r" job #?(\S+) (?:completed|failed)", "\n".join(lines))
    return [job for job in begun(lines) if job not in ended]


def job_by_job(lines):
    """Sort lines by job, counted from the first, since two jobs at a time may mix their lines."""
    return course.job_by_job(counted_from_1(lines))


def unexpected(lines, expected):
    """Return those lines that are not among the expected ones, in which jobs are counted from 1."""
    return [line for line, counted in zip(lines, counted_from_1(lines)) if counted not in expected]


def counted_from_1(lines):
    """Renumber the jobs from 1, and remove the # before each number. (One console of the published
    course has it, its text does not.) If only some lines have it, keep it."""
    about_jobs = [line for line in lines if re.search(r" job #?\d+ ", line)]
    if all(" job #" in line for line in about_jobs):
        lines = [line.replace(" job #", " job ") for line in lines]
    return renumbered(lines)
