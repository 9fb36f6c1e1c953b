"""Task 9: the job processor that reports progress and errors."""

from ... import course
from ...course import COMPLETED, JOBS, in_any_order, in_flight, transcript
from ..stage import with_partner
from ..verdict import Wrong
from .shared import change_data, job_by_job, with_changes
from .watching import console_shows, ends_on_interrupt, stable

BLACK = course.BLACKLIST[1]


@with_partner
def check_jobs(stage, creator):
    """does the jobs, two at a time, and reports on them"""
    black = stage.random.choice(JOBS[3:])["phoneNumber"]
    changes = {black: BLACK}  # told first in a report
    for n, job in enumerate(JOBS[2:]):
        changes.setdefault(job["phoneNumber"], f"9{n:02}{stage.random.randrange(10**6, 10**7)}")
    change_data(stage, changes, "to see that the processor does what the job says")
    follower = create(stage, creator)
    if not stage.proxy.changed:
        changes, black = {}, None
    console = stage.run_held()
    count = at_a_time(stage, follower)
    console.release()
    expected = with_changes(transcript("7_job_processor"), changes)
    expected = [line for line in expected if BLACK not in line]

    def is_decided(console):  # once its creator has seen all jobs end, nothing more can come
        return follower.status is not None or in_any_order(console.lines) == in_any_order(expected)

    console.wait(is_decided, 15)
    console_shows(console, expected, in_any_order, seconds=2)
    if console.lines[0] not in expected[:5]:
        raise Wrong("does not begin with the oldest job", console, expected=expected)
    shown = job_by_job(course.with_blacklisted(transcript("7_job_creator"), black))
    if not follower.wait(lambda follower: job_by_job(follower.lines) == shown):
        what = "does not report on its jobs as the course asks: the creator shows other lines"
        raise Wrong(what, follower, console, expected=shown, order=job_by_job)
    if count and count != 2:
        how = "one job at a time, and not on two" if count == 1 else "more than two jobs at a time"
        raise Wrong(f"works on {how}", console, follower)
    again = create(stage, creator)
    goes_on = again.wait_lines(len(shown))
    if console.status is not None or not goes_on:
        what = "ends" if console.status is not None else "does no more jobs"
        raise Wrong(f"{what}, and should go on listening for jobs", console, again)
    console.wait_lines(2 * len(expected), 2)
    ends_on_interrupt(console, expected[0].split()[0], quiet=0.3)


def create(stage, creator):
    console = stage.run(creator)
    if not console.wait_lines(len(JOBS)):
        raise Wrong("cannot be judged, since the creator does not create its jobs", console)
    return console


def at_a_time(stage, follower):
    """How many jobs the processor works on while none of them can print, as their creator shows
    it. None if that cannot be told."""
    follower.wait(lambda follower: len(in_flight(follower.lines)) > 1, 4)
    stable(follower, 0.3)
    count, end = len(in_flight(follower.lines)), COMPLETED.split()[-1]
    jobs_wait = not any(line.endswith(end) for line in follower.lines)
    if count > 1 or (count == 1 and jobs_wait and not stage.awaits()):
        return count
    what = "whether it works on two jobs at a time: its jobs do not wait for what they print"
    stage.doubts.append(what)
    return None
