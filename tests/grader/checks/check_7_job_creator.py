"""Task 8: the job creator that tracks progress and errors."""

from ...course import BLACKLIST, JOBS, created, transcript, with_blacklisted
from ..verdict import Wrong
from .shared import change_data, job_by_job, puts_jobs_on_the_queue_and_counts_on
from .watching import console_shows, wait_lines

SCRIPT = "7_job_creator.py"
PARTNER = "7_job_processor.py"
SLOW = 7  # the job that is made slow


def check_jobs(stage):
    """puts the jobs on the queue, and counts on"""
    puts_jobs_on_the_queue_and_counts_on(stage, SCRIPT, JOBS)


def check_progress(stage):
    """shows the progress of each job and its end, as they happen"""

    def check(processor):
        for delay in 0.05, 0.6:  # it may ask Redis only now and then
            stage.reset()
            black = stage.random.choice(JOBS[SLOW:])["phoneNumber"]
            why = "to see that it shows what happens to each job"
            change_data(stage, {black: BLACKLIST[1]}, why)
            stage.alter("a job was made slow")
            console = stage.run(SCRIPT)
            console_shows(console, created(*range(1, len(JOBS) + 1)), settle=0)
            stage.proxy.spared = console
            stage.proxy.delays = {str(SLOW): delay}
            worker = stage.run(processor)
            black = black if stage.proxy.changed else None
            shown = with_blacklisted(transcript("7_job_creator"), black)
            console_shows(console, shown, job_by_job, seconds=20)
            stage.proxy.delays = {}
            lines = [line.replace("#", "") for line in console.lines]
            mine = [when for when, line in zip(console.times, lines) if f" job {SLOW} " in line]
            if mine[-1] - mine[0] >= delay / 2:  # in truth, at least a reply lies between them
                break
        else:
            what = "shows the progress of a job only once the job has ended"
            raise Wrong(what, console, worker)
        stage.note("the creator was run again once its first jobs had been done")
        again = stage.run(SCRIPT)
        wait_lines(again, 1)
        next_one = created(len(JOBS) + 1)
        if again.lines[:1] != next_one:
            raise Wrong("does not count on: line 1 differs", again, expected=next_one)

    stage.with_partner(PARTNER, check)
