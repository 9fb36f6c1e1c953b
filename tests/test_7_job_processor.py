"""Task 9: the job processor that reports progress and errors."""

import time

from .checks import (
    JOBS_2,
    blacklisted,
    changed,
    in_flight,
    next_begun,
    other_data,
    shows_all,
    stable,
    stand_still,
)
from .course import Wrong, console_shows, in_any_order, interrupted, job_by_job, transcript

SCRIPT = "7_job_processor.py"
PARTNER = "7_job_creator.py"


def create(stage, creator):
    console = stage.run(creator)
    if not console.wait(lambda console: len(console.lines) >= 11, 10):
        raise Wrong("cannot be judged, since the creator does not create its jobs", console)
    return console


def test_does_the_jobs_and_reports_on_them(stage):
    def check(creator):
        numbers = {job["phoneNumber"]: f"9{n:02}{stage.random.randrange(10**6, 10**7)}"
                   for n, job in enumerate(JOBS_2[2:])}  # fmt: skip
        black = stage.random.choice(JOBS_2[3:])["phoneNumber"]
        numbers[black] = "4153518781"
        changes = other_data(stage, numbers, words=())
        both = create(stage, creator)
        if not stage.proxy.changed:
            changes, black = {}, None
        console = stage.run(SCRIPT)
        sent = [
            line
            for line, job in zip(transcript("7_job_processor"), JOBS_2[2:])
            if job["phoneNumber"] != black
        ]
        expected = changed(sent, changes)
        console_shows(console, expected, in_any_order, timeout=20)
        early = [line for line in expected[:5] if line == console.lines[0]]
        if not early:
            what = "does not begin with the oldest job"
            raise Wrong(what, console, expected=expected)
        shown = blacklisted(transcript("7_job_creator"), black)
        both.wait(lambda both: job_by_job(both.lines) == job_by_job(shown), 10)
        if job_by_job(both.lines) != job_by_job(shown):
            wrong = Wrong(
                "reports on its jobs otherwise than the course: so their creator shows",
                both,
                console,
                expected=job_by_job(shown),
                order=job_by_job,
            )
            raise wrong
        again = create(stage, creator)
        again.wait(lambda again: len(again.lines) >= len(shown), 10)
        if console.status is not None or len(again.lines) < len(shown):
            what = "ends" if console.status is not None else "does no more jobs"
            raise Wrong(f"{what}, and should go on listening for jobs", console, again)
        interrupted(console)

    stage.with_partner(PARTNER, check)


def test_works_on_two_jobs_at_a_time(stage):
    def check(creator):
        stage.did("the processor was made slow, and one of its jobs was held")
        both = create(stage, creator)
        stage.proxy.slow_down(0.01, both)
        console = stage.run(SCRIPT)
        most = begun_at_first(stage, both)
        if most <= 2:
            most = hold_one(stage, console, both) or stop_all(stage, console, both)
        if most > 2:
            raise Wrong(f"works on {most} jobs at a time, and not on two", console, both)
        if most < 2:
            raise Wrong("works on one job at a time, and not on two", console, both)
        stage.proxy.slow_down(0, None)
        shows_all(both, transcript("7_job_creator"))

    stage.with_partner(PARTNER, check)


def begun_at_first(stage, both):
    """How many jobs are at work soon after the first ones were begun."""
    next_begun(both, set(), 15)
    both.wait(lambda both: len(in_flight(both.lines)) > 2, 0.1)
    return len(stand_still(stage, both, 0))


def hold_one(stage, console, both):
    """Hold a job by its connections, and return how many are begun meanwhile; None if it cannot be
    told which connections those are, or if they are those of all jobs."""
    seen, batches = set(), 0
    for _ in range(4):
        if not (found := held_job(stage, both, seen)):
            return None
        job, held = found
        others = begun_beside(both, seen)
        if len(others) == 1 and in_flight(both.lines) == [job] and len(seen) < 11:
            batches += 1
        elif others:
            break
        hold(held, False)
        if batches == 2:
            what = "begins the next jobs only once both of two have ended"
            raise Wrong(what, console, both)
    else:
        return None
    # Now hold a second job, too: no third may be begun.
    if second := held_job(stage, both, seen, held):
        held += second[1]
        stable(both, 0.3)
    if len(in_flight(both.lines)) > 2:
        stable(both, 1)  # the creator may be late
    most = max(2, len(in_flight(both.lines)))
    hold(held, False)
    return most


def held_job(stage, both, seen, before=()):
    """Wait for the next job that can be held; return its id and its connections, or None.

    before: the connections that are held already, when a job must begin within a second.
    """
    while new := next_begun(both, seen, 1 if before else 5):
        seen |= set(new)
        held = [c for c in stage.proxy.of_job(new[-1]) if c not in before]
        hold(held)
        stable(both, 0.03)
        if held and new[-1] in in_flight(both.lines):
            return new[-1], held
        hold(held, False)
    return None


def begun_beside(both, seen):
    """The jobs that are begun while one is held: for two seconds, since redis-py takes a server
    that is silent for five to be dead."""
    others, end = [], time.monotonic() + 2
    while len(others) < 2 and len(seen) < 11 and time.monotonic() < end:
        new = next_begun(both, seen, end - time.monotonic())
        seen |= set(new)
        others += new
    return others


def hold(connections, held=True):
    for connection in connections:
        if held:
            connection.open.clear()
        else:
            connection.open.set()


def stop_all(stage, console, both):
    """Stop the processor again and again; return how many jobs at most were then at work."""
    most = 0
    for number in range(9):
        before = len(both.lines)
        if most >= 2 or not both.wait(lambda both, n=before: len(both.lines) > n, 3):
            break
        most = max(most, len(stand_still(stage, both, number)))
    return most
