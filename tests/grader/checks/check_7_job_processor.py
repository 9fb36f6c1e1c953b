"""Task 9: the job processor that reports progress and errors."""

from ...course import JOBS, from_one, in_any_order, job_by_job, transcript
from ..verdict import CannotJudge, Wrong
from .shared import blacklisted, changed, in_flight, next_begun, other_data
from .watching import console_shows, interrupted, stable

SCRIPT = "7_job_processor.py"
PARTNER = "7_job_creator.py"


def create(stage, creator):
    console = stage.run(creator)
    if not console.wait(lambda console: len(console.lines) >= 11, 10):
        raise Wrong("cannot be judged, since the creator does not create its jobs", console)
    return console


def check_does_the_jobs_and_reports_on_them(stage):
    def check(creator):
        black = stage.random.choice(JOBS[3:])["phoneNumber"]
        numbers = {black: "4153518781"}  # told first in a report
        for n, job in enumerate(JOBS[2:]):
            numbers.setdefault(job["phoneNumber"], f"9{n:02}{stage.random.randrange(10**6, 10**7)}")
        changes = other_data(stage, numbers, words=())
        follower = create(stage, creator)
        if not stage.proxy.changed:
            changes, black = {}, None
        console = stage.run(SCRIPT)
        sent = [
            line
            for line, job in zip(transcript("7_job_processor"), JOBS[2:])
            if job["phoneNumber"] != black
        ]
        expected = changed(sent, changes)
        console_shows(console, expected, in_any_order, timeout=20)
        early = [line for line in expected[:5] if line == console.lines[0]]
        if not early:
            what = "does not begin with the oldest job"
            raise Wrong(what, console, expected=expected)
        shown = blacklisted(transcript("7_job_creator"), black)
        follower.wait(lambda follower: job_by_job(follower.lines) == job_by_job(shown), 10)
        if job_by_job(follower.lines) != job_by_job(shown):
            wrong = Wrong(
                "reports on its jobs otherwise than the course: so their creator shows",
                follower,
                console,
                expected=job_by_job(shown),
                order=job_by_job,
            )
            raise wrong
        console.wait_exit(0.3)  # one that ends when its queue is empty has ended
        again = create(stage, creator)
        again.wait(lambda again: len(again.lines) >= len(shown), 10)
        if console.status is not None or len(again.lines) < len(shown):
            what = "ends" if console.status is not None else "does no more jobs"
            raise Wrong(f"{what}, and should go on listening for jobs", console, again)
        console.wait(lambda console: len(console.lines) >= 2 * len(expected), 2)
        interrupted(console)

    stage.with_partner(PARTNER, check)


def check_works_on_two_jobs_at_a_time(stage):
    def check(creator):
        for delay in 0.05, 0.3, 0.3:  # a machine may be busy
            stage.reset()
            stage.note("two of the jobs were made slow, and then held")
            follower = create(stage, creator)
            stage.proxy.spared = follower
            stage.proxy.delays = {line.split()[-1]: delay for line in follower.lines[6:8]}
            console = stage.run(SCRIPT)
            most = hold_two(stage, console, follower, *stage.proxy.delays)
            all_done(follower)
            if most:
                break
        else:  # it cannot be told which connections are those of a job
            most = at_once(follower.lines, *stage.proxy.delays)
        if most > 2:
            raise Wrong("works on more than two jobs at a time", console, follower)
        if not most:
            raise Wrong("works on one job at a time, and not on two", console, follower)

    stage.with_partner(PARTNER, check)


def all_done(follower):
    """Raise Wrong unless a creator shows all that is to be told of its jobs."""
    follower.wait(lambda follower: len(follower.lines) >= len(transcript("7_job_creator")), 25)
    expected = job_by_job(transcript("7_job_creator"))
    if job_by_job(from_one(follower.lines)) != expected:
        raise Wrong("does not do its jobs when Redis is slow", follower, expected=expected)


def hold_two(stage, console, follower, *jobs):
    """Hold two jobs by their connections; return how many are then at work. None: it cannot be told
    which connections those are, or they are those of all jobs.

    None is held for five seconds, since redis-py takes a server that is silent so long for dead.
    """
    seen = {line.split()[-1] for line in follower.lines[:8]}
    follower.wait(lambda follower: set(in_flight(follower.lines)) & set(jobs), 15)
    begun = [job for job in in_flight(follower.lines) if job in jobs]
    first = begun[0] if begun else jobs[0]
    second = jobs[1 - jobs.index(first)]
    if not (held := hold_job(stage, follower, first)):
        return None
    try:
        if not (other := hold_job(stage, follower, second, held)):
            begun = sum(line.endswith(" 0% complete") for line in follower.lines)
            if len(console.lines) > begun:
                what = "it does more jobs than its creator has been told of"
                raise CannotJudge(f"whether it does two jobs at a time: {what}")
            return None
        stage.proxy.delays = {}
        try:  # no third may be begun
            for _ in range(3):
                third = next_begun(follower, seen, 0.3)
                if third or not console.is_busy():  # a third worker may not be there yet
                    break
            stable(follower, 1 if third else 0)  # the creator may be late
            if third and set(jobs) <= set(in_flight(follower.lines)):
                return 3
        finally:
            set_held(other, False)
        # One of the two goes on, and must not wait for the one that is held.
        seen |= set(third)
        if (
            not next_begun(follower, seen, 2.5)
            and in_flight(follower.lines) == [first]
            and len(seen) < 11
        ):
            what = "begins the next jobs only once both of two have ended"
            raise Wrong(what, console, follower)
        return 2
    finally:
        set_held(held, False)


def hold_job(stage, follower, job, before=()):
    """Hold a job's connections, but those held before, once it is begun; return them, or []."""
    follower.wait(lambda follower: job in in_flight(follower.lines), 2)
    held = [c for c in stage.proxy.connections_of(job) if c not in before]
    set_held(held)
    stable(follower, 0.05)
    if job not in in_flight(follower.lines):
        set_held(held, False)
        return []
    return held


def set_held(connections, held=True):
    for connection in connections:
        if held:
            connection.open.clear()
        else:
            connection.open.set()


def at_once(lines, *jobs):
    """2 if the lines tell that both jobs were at work at the same time, else 0."""
    moments = (in_flight(lines[:count]) for count in range(len(lines)))
    return 2 if any(set(jobs) <= set(begun) for begun in moments) else 0
