"""Task 8: the job creator that tracks progress and errors."""

from ...course import BLACKLIST, JOBS, begun, created, transcript, with_blacklisted
from ..stage import with_partner
from ..verdict import Wrong
from .shared import change_data, job_by_job, puts_jobs_on_the_queue_and_counts_on
from .watching import console_shows


def check_jobs(stage):
    """puts the jobs on the queue, and counts on"""
    puts_jobs_on_the_queue_and_counts_on(stage, JOBS)


@with_partner
def check_progress(stage, processor):
    """shows the progress of each job and its end, as they happen"""
    black = stage.random.choice(JOBS[7:])["phoneNumber"]
    change_data(stage, {black: BLACKLIST[1]}, "to see that it shows what happens to each job")
    console = stage.run()
    console_shows(console, created(*range(1, len(JOBS) + 1)), settle=0)
    worker = stage.run_held(processor)
    in_time = console.wait(lambda console: begun(console.lines, 50), 4)
    worker.release()
    black = black if stage.proxy.changed else None
    shown = with_blacklisted(transcript("7_job_creator"), black)
    console_shows(console, shown, job_by_job, seconds=20)
    if not in_time:
        what = "shows the progress of a job only once the job has ended"
        raise Wrong(what, console, worker)
    stage.note("the creator was run again once its first jobs had been done")
    again = stage.run()
    again.wait_lines(1)
    if again.lines[:1] != created(len(JOBS) + 1):
        expected = created(len(JOBS) + 1)
        raise Wrong("does not count on: line 1 differs", again, expected=expected)
