"""Task 9: the job processor that reports progress and errors."""

import re

from ...course import JOBS, from_one, in_any_order, job_by_job, transcript
from ..verdict import CannotJudge, Wrong
from .shared import blacklisted, change_data, changed
from .watching import console_shows, interrupted, stable

SCRIPT = "7_job_processor.py"
PARTNER = "7_job_creator.py"


def create(stage, creator):
    console = stage.run(creator)
    if not console.wait_lines(11):
        raise Wrong("cannot be judged, since the creator does not create its jobs", console)
    return console


def check_does_the_jobs_and_reports_on_them(stage):
    def check(creator):
        black = stage.random.choice(JOBS[3:])["phoneNumber"]
        changes = {black: "4153518781"}  # told first in a report
        for n, job in enumerate(JOBS[2:]):
            changes.setdefault(job["phoneNumber"], f"9{n:02}{stage.random.randrange(10**6, 10**7)}")
        change_data(stage, changes)
        follower = create(stage, creator)
        if not stage.proxy.changed:
            changes, black = {}, None
        console = stage.run(SCRIPT)
        expected = changed(transcript("7_job_processor"), changes)
        expected = [line for line in expected if "4153518781" not in line]
        console_shows(console, expected, in_any_order, timeout=20)
        if console.lines[0] not in expected[:5]:
            raise Wrong("does not begin with the oldest job", console, expected=expected)
        shown = job_by_job(blacklisted(transcript("7_job_creator"), black))
        if not follower.wait(lambda follower: job_by_job(follower.lines) == shown, 10):
            raise Wrong(
                "reports on its jobs otherwise than the course: so their creator shows",
                follower,
                console,
                expected=shown,
                order=job_by_job,
            )
        console.wait_exit(0.3)  # one that ends when its queue is empty has ended
        again = create(stage, creator)
        goes_on = again.wait_lines(len(shown))
        if console.status is not None or not goes_on:
            what = "ends" if console.status is not None else "does no more jobs"
            raise Wrong(f"{what}, and should go on listening for jobs", console, again)
        console.wait_lines(2 * len(expected), 2)
        interrupted(console, "Sending")

    stage.with_partner(PARTNER, check)


def check_works_on_two_jobs_at_a_time(stage):
    def check(creator):
        for delay in 0.05, 0.3, 0.3:  # a machine may be busy
            stage.reset()
            stage.note("two of the jobs were made slow, and then held")
            follower = create(stage, creator)
            jobs = [line.split()[-1] for line in follower.lines[6:8]]
            stage.proxy.spared = follower
            stage.proxy.delays = dict.fromkeys(jobs, delay)
            console = stage.run(SCRIPT)
            most = hold_two(stage, console, follower, jobs)
            release(stage.proxy.connections)
            follower.wait_lines(len(transcript("7_job_creator")), 25)
            expected = job_by_job(transcript("7_job_creator"))
            if job_by_job(from_one(follower.lines)) != expected:
                what = "does not do its jobs when Redis is slow"
                raise Wrong(what, follower, expected=expected, order=job_by_job)
            if most:
                break
        else:  # it cannot be told which connections are those of a job
            moments = [in_flight(follower.lines[:count]) for count in range(len(follower.lines))]
            most = 2 if any(set(jobs) <= set(moment) for moment in moments) else 0
        if most > 2:
            raise Wrong("works on more than two jobs at a time", console, follower)
        if not most:
            raise Wrong("works on one job at a time, and not on two", console, follower)

    stage.with_partner(PARTNER, check)


def hold_two(stage, console, follower, jobs):
    """Hold two jobs by their connections; return how many are then at work. None: it cannot be told
    which connections those are, or they are those of all jobs.

    In a right solution it takes no five seconds, after which redis-py takes a server for dead.
    """
    seen = {line.split()[-1] for line in follower.lines[:8]}
    follower.wait(lambda follower: set(in_flight(follower.lines)) & set(jobs), 15)
    first = next((job for job in in_flight(follower.lines) if job in jobs), jobs[0])
    second = jobs[1 - jobs.index(first)]
    if not hold_job(stage, follower, first):
        return None
    if not (other := hold_job(stage, follower, second)):
        if len(console.lines) > len(begun(follower.lines)):
            what = "it does more jobs than its creator has been told of"
            raise CannotJudge(f"whether it does two jobs at a time: {what}")
        return None
    stage.proxy.delays = {}
    for _ in range(3):  # no third may be begun
        third = next_begun(follower, seen, 0.3)
        if third or not console.is_busy():  # a third worker may not be there yet
            break
    stable(follower, 1 if third else 0)  # the creator may be late
    if third and set(jobs) <= set(in_flight(follower.lines)):
        return 3
    # One of the two goes on, and must not wait for the one that is held.
    release(other)
    seen |= third
    begins_more = next_begun(follower, seen, 2.5)
    if not begins_more and in_flight(follower.lines) == [first] and len(seen) < 11:
        what = "begins the next jobs only once both of two have ended"
        raise Wrong(what, console, follower)
    return 2


def hold_job(stage, follower, job):
    """Hold a job's connections, but those held before, once it is begun; return them, or []."""
    follower.wait(lambda follower: job in in_flight(follower.lines), 2)
    held = []
    for connection in list(stage.proxy.connections):
        if connection.open.is_set() and job in connection.jobs():
            connection.open.clear()
            held.append(connection)
    stable(follower, 0.05)
    if job not in in_flight(follower.lines):
        release(held)
        return []
    return held


def release(connections):
    for connection in list(connections):
        connection.open.set()


# What a creator has told of its jobs.


def begun(lines):
    return re.findall(r"^.* job (\S+) 0% complete$", "\n".join(lines), re.MULTILINE)


def in_flight(lines):
    """The jobs that are begun, and have not ended."""
    ended = re.findall(r" job (\S+) (?:completed|failed)", "\n".join(lines))
    return [job for job in begun(lines) if job not in ended]


def next_begun(creator, seen, timeout):
    """Wait for a job to be begun that is not in `seen`; return all of those."""
    creator.wait(lambda creator: set(begun(creator.lines)) - seen, timeout)
    return set(begun(creator.lines)) - seen
