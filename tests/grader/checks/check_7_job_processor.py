"""Task 9: the job processor that reports progress and errors."""

import enum
import time

from ... import course
from ...course import JOBS, begun, in_any_order, in_flight, transcript
from ..verdict import CannotJudge, Wrong
from .shared import change_data, job_by_job, with_changes
from .watching import console_shows, ends_on_interrupt, stable, wait, wait_exit, wait_lines

SCRIPT = "7_job_processor.py"
PARTNER = "7_job_creator.py"
BLACK = course.BLACKLIST[1]
PATIENCE = 4.5  # seconds: after five, a client of redis-py takes a server that is held for dead


class AtATime(enum.Enum):
    TWO = 2
    MORE = 3
    UNKNOWN = None  # it cannot be told which connections are those of a job


def create(stage, creator):
    console = stage.run(creator)
    if not wait_lines(console, len(JOBS)):
        raise Wrong("cannot be judged, since the creator does not create its jobs", console)
    return console


def check_jobs(stage):
    """does the jobs, and reports on them"""

    def check(creator):
        black = stage.random.choice(JOBS[3:])["phoneNumber"]
        changes = {black: BLACK}  # told first in a report
        for n, job in enumerate(JOBS[2:]):
            changes.setdefault(job["phoneNumber"], f"9{n:02}{stage.random.randrange(10**6, 10**7)}")
        change_data(stage, changes, "to see that the processor does what the job says")
        follower = create(stage, creator)
        if not stage.proxy.changed:
            changes, black = {}, None
        console = stage.run(SCRIPT)
        expected = with_changes(transcript("7_job_processor"), changes)
        expected = [line for line in expected if BLACK not in line]
        console_shows(console, expected, in_any_order, seconds=15)
        if console.lines[0] not in expected[:5]:
            raise Wrong("does not begin with the oldest job", console, expected=expected)
        shown = job_by_job(course.with_blacklisted(transcript("7_job_creator"), black))
        if not wait(follower, lambda follower: job_by_job(follower.lines) == shown):
            what = "does not report on its jobs as the course asks: the creator shows other lines"
            raise Wrong(what, follower, console, expected=shown, order=job_by_job)
        wait_exit(console, 0.3)  # one that ends when its queue is empty has ended
        again = create(stage, creator)
        goes_on = wait_lines(again, len(shown))
        if console.status is not None or not goes_on:
            what = "ends" if console.status is not None else "does no more jobs"
            raise Wrong(f"{what}, and should go on listening for jobs", console, again)
        wait_lines(console, 2 * len(expected), 2)
        ends_on_interrupt(console, expected[0].split()[0], quiet=0.5)

    stage.with_partner(PARTNER, check)


def check_two_at_a_time(stage):
    """works on two jobs at a time"""

    def check(creator):
        for delay in 0.05, 0.3, 0.3:  # a machine may be busy
            if count_at_a_time(stage, creator, delay) is not AtATime.UNKNOWN:
                break
        else:
            # It cannot be told which connections are those of a job: see what its creator shows.
            follower, console = stage.consoles
            lines, jobs = follower.lines, slow_jobs(follower)
            moments = [in_flight(lines[:count]) for count in range(len(lines))]
            if not any(set(jobs) <= set(moment) for moment in moments):
                raise Wrong("works on one job at a time, and not on two", console, follower)

    stage.with_partner(PARTNER, check)


def count_at_a_time(stage, creator, delay):
    """Run both scripts, with two jobs that are slow, and then held; return how many of its jobs the
    processor works on at a time, as far as it can be told."""
    stage.reset()
    stage.alter("two of the jobs were made slow, and then held")
    follower = create(stage, creator)
    jobs, expected = slow_jobs(follower), job_by_job(transcript("7_job_creator"))
    stage.proxy.spared = follower
    stage.proxy.delays = dict.fromkeys(jobs, delay)
    console = stage.run(SCRIPT)
    if not wait(follower, lambda follower: {*jobs} & {*running(follower)}):
        raise Wrong("does not do its jobs when Redis is slow", console, follower)
    begin, fault, count = time.monotonic(), None, AtATime.UNKNOWN
    try:
        count = hold_two(stage, console, follower, jobs)
    except Wrong as wrong:
        fault = wrong
    release(stage.proxy.connections)
    if time.monotonic() > begin + PATIENCE:
        raise CannotJudge("whether it does two jobs at a time: this machine is too busy")
    if fault:
        raise fault
    if count is AtATime.MORE:
        raise Wrong("works on more than two jobs at a time", console, follower)
    wait_lines(follower, len(expected), 20)
    if job_by_job(course.from_one(course.without_hash(follower.lines))) != expected:
        what = "does not do its jobs when Redis is slow"
        raise Wrong(what, follower, expected=expected, order=job_by_job)
    return count


def slow_jobs(follower):
    return [line.split()[-1] for line in follower.lines[6:8]]


def hold_two(stage, console, follower, jobs):
    """Hold two jobs by their connections; return how many are then at work."""
    seen = {line.split()[-1] for line in follower.lines[:8]}
    first = next((job for job in running(follower) if job in jobs), jobs[0])
    second = jobs[1 - jobs.index(first)]
    if not hold_job(stage, follower, first):
        return AtATime.UNKNOWN
    if not (other := hold_job(stage, follower, second)):
        if len(console.lines) > len(begun(follower.lines)):
            what = "it does more jobs than its creator has been told of"
            raise CannotJudge(f"whether it does two jobs at a time: {what}")
        return AtATime.UNKNOWN
    stage.proxy.delays = {}
    third = next_begun(follower, seen, 0.3)  # no third may be begun
    if third:
        stable(follower, 0.5)  # the creator may be late
        if set(jobs) <= set(running(follower)):
            return AtATime.MORE
    # One of the two goes on, and must not wait for the one that is held.
    release(other)
    seen |= third
    begins_more = next_begun(follower, seen, 2)
    if not begins_more and running(follower) == [first] and len(seen) < len(JOBS):
        what = "begins the next jobs only once both of two have ended"
        raise Wrong(what, console, follower)
    return AtATime.TWO


def hold_job(stage, follower, job):
    """Hold a job's connections, but those held before, once it is begun; return them, or []."""
    wait(follower, lambda follower: job in running(follower), 2)
    held = []
    for connection in list(stage.proxy.connections):
        if connection.open.is_set() and job in connection.jobs():
            connection.open.clear()
            held.append(connection)
    stable(follower, 0.05)
    if job not in running(follower):
        release(held)
        return []
    return held


def release(connections):
    for connection in list(connections):
        connection.open.set()


def running(follower):
    return in_flight(follower.lines)


def next_begun(creator, seen, seconds):
    """Wait for a job to be begun that is not in `seen`; return all of those."""
    wait(creator, lambda creator: set(begun(creator.lines)) - seen, seconds)
    return set(begun(creator.lines)) - seen
