"""Task 9: the job processor that reports progress and errors."""

import re
import statistics

from ...course import BLACKLIST, COMPLETED, JOBS, in_any_order, sent
from ..findings import CannotJudge, Wrong
from ..pairs import with_partner
from ..proxy import unzipped
from . import check
from .lines import begun, expected_lines, in_flight, job_by_job
from .shared import change_data, check_waits, jobs_of_rq, sent_data
from .watching import console_shows, ends_on_interrupt
from .whose import creators_own_fault, told_by

BLACK = BLACKLIST[1]
LATENCY = 0.04  # seconds that Redis takes for each reply, if a processor's output tells nothing
NEAR = BLACK[:-1] + "9", BLACK[:-1]  # with another last digit, and without it


@check("does the jobs, two at a time, and reports on them")
@with_partner
def check_jobs(stage, creator):
    numbers = [job["phoneNumber"] for job in JOBS[2:]]
    black = stage.random.choice(numbers[2:-2])
    changes = {black: BLACK} | dict(zip(numbers, NEAR))  # the report names these first
    for n, number in enumerate(numbers):
        changes.setdefault(number, f"415-9{n}-{stage.random.randrange(10**4, 10**5)}")
    change_data(stage, changes, "to see that the processor does what the job says")
    follower = create(stage, creator)
    black = black if stage.proxy.rewritten_count else None
    console = stage.run_held()
    count = at_a_time(stage, follower)
    console.release()
    does_its_jobs(stage, console, follower)
    reports(stage, console, follower, black)
    works_on_two(count, console, follower)
    stage.proxy.latency = 0 if count else LATENCY
    again = goes_on(stage, console, creator)
    if not count:
        count = at_a_time_if_redis_is_slow(again)
        works_on_two(count, console, again)
    if not count:
        stage.doubts.append("how many jobs it does at a time could not be seen")
    again.wait_exit(0.5)
    ends_on_interrupt(console, console.lines[0].split()[0], quiet=0.3)


def create(stage, creator):
    console = stage.run(creator)
    if not console.wait_lines(len(JOBS)):
        raise CannotJudge("its creator does not create its jobs")
    return console


def at_a_time(stage, follower):
    """Return how many jobs the processor works on while none of them can print, according to their
    creator. Return None if that cannot be determined."""
    follower.wait(lambda follower: len(in_flight(follower.lines)) > 1, 4)
    follower.wait_quiet(0.3)
    count, end = len(in_flight(follower.lines)), COMPLETED.split()[-1]
    jobs_wait = not any(line.endswith(end) for line in follower.lines)
    if count > 1 or (count == 1 and jobs_wait and not stage.uses_await()):
        return count
    return None


def at_a_time_if_redis_is_slow(follower):
    """Return 1 or 2: how many jobs were begun but not ended at a time, while each reply of Redis
    took LATENCY. Return None if most jobs did not wait for a reply."""
    lines = follower.lines
    if max(len(in_flight(lines[:number])) for number in range(len(lines))) > 1:
        return 2
    seconds = []
    for job in begun(lines):
        times = [
            when for when, line in zip(follower.times, lines) if re.search(rf" job #?{job} ", line)
        ]
        seconds.append(times[-1] - times[0])
    return 1 if seconds and statistics.median(seconds) > LATENCY / 2 else None


def works_on_two(count, console, follower):
    """Raise Wrong unless two jobs are done at a time, or that could not be seen (None)."""
    if count not in (2, None):
        how = "one job at a time, not on two" if count == 1 else "more than two jobs at a time"
        raise Wrong(f"works on {how}", console, follower)


def does_its_jobs(stage, console, follower):
    """Raise Wrong unless the processor prints the line for each job that is not blacklisted."""
    expected = [sent(job) for job in sent_data(stage) if job["phoneNumber"] not in BLACKLIST]

    def is_decided(console):  # a creator ends after all of its jobs: nothing more can come
        return follower.status is not None or in_any_order(console.lines) == in_any_order(expected)

    try:
        console.wait(is_decided, 10)
        console_shows(console, expected, in_any_order, seconds=2, others=[follower])
    finally:
        stage.is_served = bool(set(console.lines) & set(expected))
    if console.lines[0] not in expected[:5]:
        raise Wrong("does not begin with the oldest job", console, expected=expected)


def reports(stage, console, follower, black):
    """Raise Wrong unless the creator shows what the processor must report."""
    shown = job_by_job(expected_lines(black))
    if follower.wait(lambda follower: job_by_job(follower.lines) == shown):
        if completes_blacklisted(stage):
            raise Wrong("completes jobs of RQ that should fail", console, follower)
        return
    what = "does not report on its jobs as the course asks it to: the creator shows other lines"
    fault = Wrong(what, follower, console, expected=shown, normalize=job_by_job, in_pair=True)
    all_told = told_by(stage, console, len(JOBS))
    told = all_told.of_missing(fault.missing)
    own = creators_own_fault(fault, all_told)
    if wrong_report := not own and all_told.wrong_report(follower.lines, shown):
        fault.headline, told = wrong_report, False
    elif own or told:
        stage.partners_fault = "fails"
    fault.in_pair = told is not False
    # How progress is reported is our choice: a processor may be right if only its own creator
    # understands it.
    stage.is_served = any(line.endswith("% complete") for line in follower.lines)
    raise fault


def completes_blacklisted(stage):
    """Return whether a job with a blacklisted number ends as finished in RQ."""
    ended = [job for job in jobs_of_rq(stage) if job.get(b"status") == b"finished"]
    data = [unzipped(job.get(b"data", b"")) for job in ended]
    return any(number.encode() in text for text in data for number in BLACKLIST)


def goes_on(stage, console, creator):
    """Raise Wrong unless the processor does more jobs. Return the console of their creator."""
    count = len(console.lines)
    again = create(stage, creator)
    more = console.wait_lines(2 * count, 10)
    if console.status is not None or not more:
        what = "ends" if console.status is not None else "does no more jobs"
        raise Wrong(f"{what}, but should go on listening for jobs", console, again)
    again.wait(lambda again: not in_flight(again.lines), 3)
    return again


CHECKS = [check_waits, check_jobs]
