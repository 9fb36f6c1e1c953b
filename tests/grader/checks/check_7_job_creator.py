"""Task 8: the job creator that tracks progress and errors."""

from ...course import BLACKLIST, COMPLETED, JOBS, blacklisted, created, sent
from ..findings import Wrong
from ..pairs import why_not, with_partner
from . import check
from .lines import begun, expected_lines, in_flight, job_by_job
from .shared import change_data, puts_jobs_on_the_queue_and_counts_on, sent_data
from .watching import console_shows
from .whose import asks_for_status, creators_own_fault, processors_fault, told_by


@check("puts the jobs on the queue, and continues the numbering")
def check_jobs(stage):
    puts_jobs_on_the_queue_and_counts_on(stage, JOBS)


@check("shows the progress of each job, and how it ends, as they happen")
@with_partner
def check_progress(stage, processor):
    black = stage.random.choice(JOBS[7:])["phoneNumber"]
    change_data(stage, {black: BLACKLIST[1]}, "to see that it shows what happens to each job")
    count = len(JOBS)
    console, other = stage.run(), None
    console_shows(console, created(*range(1, count + 1)), settle=0)
    asks = console.wait(lambda _: asks_for_status(stage), 0.5)
    stage.note("a second creator was run beside it")
    other = stage.run()
    console_shows(other, created(*range(count + 1, 2 * count + 1)), settle=0)
    worker = stage.run_held(processor)
    in_time = console.wait(lambda console: begun(console.lines, 50), 4)
    one_by_one = in_time and shows_one_of_two(stage, console)
    worker.release()
    shown = expected_lines(black if stage.proxy.rewritten_count else None)
    try:
        for each in console, other:
            console_shows(each, shown, job_by_job, others=[worker], in_pair=True)
        if not in_time:
            stage.note(
                "while the processor's output was held back, its jobs had got to 50%, and "
                "the creator showed nothing of it"
            )
            what = "shows the progress of a job only after the job ended"
            raise Wrong(what, console, worker, in_pair=True)
        if one_by_one:
            what = "shows the progress of one job at a time, though two are being done"
            raise Wrong(what, console, worker, in_pair=True)
        stage.note("the creator was run again, while the processor was running")
        again = stage.run()
        continues_the_numbering(again, created(*range(2 * count + 1, 3 * count + 1)))
        console_shows(again, shown, job_by_job, others=[worker], in_pair=True)
    except Wrong as fault:
        stage.is_served = asks and understands(fault, shown)
        find_whose_fault(stage, fault, worker)
        raise


def find_whose_fault(stage, fault, worker):
    """Note in the fault and in the stage whose fault it is, once the processor did its jobs."""
    runs = sum(one.script.name == stage.script for one in stage.consoles)
    jobs = sent_data(stage)
    expected = [sent(job) for job in jobs if job["phoneNumber"] not in BLACKLIST]
    worker.wait_lines(runs * len(expected), 5)
    worker.wait_quiet(0.5)  # it may not be done yet
    all_told = told_by(stage, worker, runs * len(JOBS))
    # Without expected lines, the fault is that 50% came too late.
    told = all_told.of_missing(fault.missing) if fault.expected else all_told.fifty
    own = creators_own_fault(fault, all_told)
    wrong_report = not own and all_told.wrong_report(fault.consoles[0].lines, fault.expected)
    fault.in_pair = bool(wrong_report) or not (own or told)
    stage.partners_fault = processors_fault(worker, expected, alike=True)
    if not stage.partners_fault and len(set(worker.lines)) < len(set(expected)):
        stage.partners_fault = "does not do all of its jobs"
    if told is False and not stage.partners_fault:
        stage.partners_fault = "does not report on its jobs"
    if wrong_report:
        stage.partners_fault = wrong_report


def shows_one_of_two(stage, console):
    """Return whether a creator shows one job as begun, while RQ has two."""

    def shows_two(console):
        return len(in_flight(console.lines)) > 1

    if console.wait(shows_two, 1) or stage.server.count_jobs("7", "wip") != 2:
        return False
    return not console.wait(shows_two, 2)


def continues_the_numbering(console, expected):
    """Raise Wrong unless these are the first lines of a creator, but for what is done meanwhile."""

    def shown(console):
        return [line for line in console.lines if "created" in line]

    console.wait(lambda console: len(shown(console)) >= len(expected))
    if shown(console) != expected:
        raise Wrong("does not continue the numbering in a third run", console, expected=expected)


def understands(fault, shown):
    """Return whether a creator that asks RQ can be judged with our processor. RQ says how each job
    ends, so wrong ends are the creator's fault. But how progress and errors are reported is our
    choice, so a creator that shows none of them may just not understand ours."""

    def ends(lines):
        lines = [line.split(":")[0] for line in job_by_job(lines) if "created" not in line]
        return [line for line in lines if not line.endswith("% complete")]

    lines = fault.consoles[0].lines
    has_progress = any("% complete" in line for line in lines)
    has_errors = any(
        line.endswith(f" failed: {blacklisted(number)}") for number in BLACKLIST for line in lines
    )
    return (has_progress and has_errors) or ends(lines) != ends(shown)


@check("leaves the job of 6_job_creator.py alone")
def check_other_jobs(stage):
    """Made only if the scripts of tasks 6 and 7 work."""
    pair = "6_job_creator.py", "6_job_processor.py"
    if any(why_not(stage.folder / script) or stage.has_failed(script) for script in pair):
        return
    if job_is_done(stage, stage.script):
        return
    other, own, worker = stage.consoles
    commands = stage.commands
    stage.reset()
    if job_is_done(stage):
        stage.commands = commands
        raise Wrong("changes the job of 6_job_creator.py, which ran before", own, other, worker)


def job_is_done(stage, *between):
    """Run the creator of task 6, these scripts, and its processor. Return whether its job is
    done."""
    creator = stage.run(stage.folder / "6_job_creator.py")
    creator.wait_lines(1)
    data = sent_data(stage)
    for script in between:
        stage.run(stage.folder / script).wait_lines(len(JOBS))
    processor = stage.run(stage.folder / "6_job_processor.py")
    creator.wait_lines(2)
    processor.wait_lines(len(data))
    return [creator.lines[1:], processor.lines] == [[COMPLETED], [sent(job) for job in data]]


CHECKS = [check_jobs, check_progress, check_other_jobs]
