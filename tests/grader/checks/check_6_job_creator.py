"""Task 6: the job creator."""

from ...course import transcript
from ..verdict import CannotJudge, Wrong
from .shared import JOB, created, puts_jobs_on_the_queue_and_counts_on
from .watching import console_shows

SCRIPT = "6_job_creator.py"
PARTNER = "6_job_processor.py"
WHETHER = "whether it tells of a failed job"


def check_puts_a_job_on_the_queue_and_counts_on(stage):
    puts_jobs_on_the_queue_and_counts_on(stage, SCRIPT, [JOB])


def check_tells_when_the_job_is_completed(stage):
    def check(processor):
        console = stage.run(SCRIPT)
        console_shows(console, created(1), settle=0)
        worker = stage.run(processor)
        console_shows(console, transcript("6_job_creator"))
        stage.note("the creator was run again once its first job had been done")
        again = stage.run(SCRIPT)
        console_shows(again, [*created(2), "Notification job completed"])
        if len(worker.lines) > 2:
            raise Wrong("puts more than one job on the queue in a run", again, worker)

    stage.with_partner(PARTNER, check)


def check_does_not_call_a_failed_job_completed(stage):
    def check(processor):
        stage.proxy.changes = {b'"phoneNumber"': b'"phoneNumbex"'}
        stage.note("the job's data was changed on its way to Redis, to phoneNumbex for phoneNumber")
        console = stage.run(SCRIPT)
        console_shows(console, created(1), settle=0)
        if not stage.proxy.changed:
            raise CannotJudge(f"{WHETHER}: its job is stored in a way of its own")
        worker = stage.run(processor)
        if not console.wait_lines(2, 3):
            raise CannotJudge(f"{WHETHER}: nothing was told of a job that should fail")
        told, expected = console.lines[1], [*created(1), "Notification job failed"]
        if told == "Notification job completed" and not worker.lines:
            what = "says that a job is completed which has failed"
            raise Wrong(what, console, worker, expected=expected)
        if told not in ("Notification job failed", "Notification job completed"):
            console_shows(console, expected)

    stage.with_partner(PARTNER, check)
