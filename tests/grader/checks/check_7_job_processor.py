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
        both = create(stage, creator)
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
            stage.did("two of the jobs were made slow, and then held")
            both = create(stage, creator)
            stage.proxy.quick = both
            stage.proxy.drag = {line.split()[-1]: delay for line in both.lines[6:8]}
            console = stage.run(SCRIPT)
            most = hold_two(stage, console, both, *stage.proxy.drag)
            all_done(both)
            if most:
                break
        else:  # it cannot be told which connections are those of a job
            most = at_once(both.lines, *stage.proxy.drag)
        if most > 2:
            raise Wrong("works on more than two jobs at a time", console, both)
        if not most:
            raise Wrong("works on one job at a time, and not on two", console, both)

    stage.with_partner(PARTNER, check)


def all_done(both):
    """Raise Wrong unless a creator shows all that is to be told of its jobs."""
    both.wait(lambda both: len(both.lines) >= len(transcript("7_job_creator")), 25)
    expected = job_by_job(transcript("7_job_creator"))
    if job_by_job(from_one(both.lines)) != expected:
        raise Wrong("does not do its jobs when Redis is slow", both, expected=expected)


def hold_two(stage, console, both, *jobs):
    """Hold two jobs by their connections; return how many are then at work. None: it cannot be told
    which connections those are, or they are those of all jobs.

    None is held for five seconds, since redis-py takes a server that is silent so long for dead.
    """
    seen = {line.split()[-1] for line in both.lines[:8]}
    both.wait(lambda both: set(in_flight(both.lines)) & set(jobs), 15)
    begun = [job for job in in_flight(both.lines) if job in jobs]
    first = begun[0] if begun else jobs[0]
    second = jobs[1 - jobs.index(first)]
    if not (held := hold_job(stage, both, first)):
        return None
    try:
        if not (other := hold_job(stage, both, second, held)):
            begun = sum(line.endswith(" 0% complete") for line in both.lines)
            if len(console.lines) > begun:
                what = "it does more jobs than its creator has been told of"
                raise CannotJudge(f"whether it does two jobs at a time: {what}")
            return None
        stage.proxy.drag = {}
        try:  # no third may be begun
            for _ in range(3):
                third = next_begun(both, seen, 0.3)
                if third or not console.is_busy():  # a third worker may not be there yet
                    break
            stable(both, 1 if third else 0)  # the creator may be late
            if third and set(jobs) <= set(in_flight(both.lines)):
                return 3
        finally:
            hold(other, False)
        # One of the two goes on, and must not wait for the one that is held.
        seen |= set(third)
        if not next_begun(both, seen, 2.5) and in_flight(both.lines) == [first] and len(seen) < 11:
            what = "begins the next jobs only once both of two have ended"
            raise Wrong(what, console, both)
        return 2
    finally:
        hold(held, False)


def hold_job(stage, both, job, before=()):
    """Hold a job's connections, but those held before, once it is begun; return them, or []."""
    both.wait(lambda both: job in in_flight(both.lines), 2)
    held = [c for c in stage.proxy.of_job(job) if c not in before]
    hold(held)
    stable(both, 0.05)
    if job not in in_flight(both.lines):
        hold(held, False)
        return []
    return held


def hold(connections, held=True):
    for connection in connections:
        if held:
            connection.open.clear()
        else:
            connection.open.set()


def at_once(lines, *jobs):
    """2 if the lines tell that both jobs were at work at the same time, else 0."""
    at_work = (in_flight(lines[:count]) for count in range(len(lines)))
    return 2 if any(set(jobs) <= set(begun) for begun in at_work) else 0
