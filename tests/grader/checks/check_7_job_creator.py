"""Task 8: the job creator that tracks progress and errors."""

from ...course import JOBS, job_by_job, transcript
from ..verdict import Wrong
from .shared import blacklisted, change_data, created, puts_jobs_on_the_queue_and_counts_on
from .watching import console_shows

SCRIPT = "7_job_creator.py"
PARTNER = "7_job_processor.py"


def check_puts_the_jobs_on_the_queue_and_counts_on(stage):
    puts_jobs_on_the_queue_and_counts_on(stage, SCRIPT, JOBS)


def check_shows_each_job_s_progress_and_end_as_they_happen(stage):
    def check(processor):
        for delay in 0.05, 0.6:  # the machine may be busy
            stage.reset()
            black = stage.random.choice(JOBS[7:])["phoneNumber"]
            change_data(stage, {black: "4153518781"})
            stage.note("a job was made slow")
            console = stage.run(SCRIPT)
            console_shows(console, transcript("7_job_creator")[:11], settle=0)
            stage.proxy.spared = console
            stage.proxy.delays = {"7": delay}
            worker = stage.run(processor)
            black = black if stage.proxy.changed else None
            shown = blacklisted(transcript("7_job_creator"), black)
            console_shows(console, shown, job_by_job, timeout=25)
            stage.proxy.delays = {}
            times = [when for when, line in zip(console.times, console.lines) if " job 7 " in line]
            if times[-1] - times[0] >= delay / 2:  # in truth, at least a reply lies between them
                break
        else:
            what = "shows the progress of a job only once the job has ended"
            raise Wrong(what, console, worker)
        stage.note("the creator was run again once its first jobs had been done")
        again = stage.run(SCRIPT)
        again.wait_lines(1)
        if again.lines[:1] != created(12):
            raise Wrong("does not count on: line 1 differs", again, expected=created(12))

    stage.with_partner(PARTNER, check)
