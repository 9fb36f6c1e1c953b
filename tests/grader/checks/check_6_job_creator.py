"""Task 6: the job creator."""

from ...course import transcript
from ..verdict import CannotJudge, Wrong
from .shared import JOB, creates, no_more_while_nobody_works, queued
from .watching import console_shows, interrupted

SCRIPT = "6_job_creator.py"
PARTNER = "6_job_processor.py"
CREATED = "Notification job created: {}"
WHETHER = "whether it tells of a failed job"


def check_puts_a_job_on_the_queue_and_counts_on(stage):
    first = creates(stage, SCRIPT, [1])
    queued(first, stage, "push_notification_code", [JOB])
    stage.note("the creator was run twice")
    second = creates(stage, SCRIPT, [2])
    no_more_while_nobody_works({first: [1], second: [2]})
    interrupted(second)


def check_tells_when_the_job_is_completed(stage):
    def check(processor):
        console = stage.run(SCRIPT)
        console_shows(console, [CREATED.format(1)], settle=0)
        worker = stage.run(processor)
        console_shows(console, transcript("6_job_creator"))
        stage.note("the creator was run again once its first job had been done")
        again = stage.run(SCRIPT)
        console_shows(again, [CREATED.format(2), "Notification job completed"])
        if len(worker.lines) > 2:
            raise Wrong("puts more than one job on the queue in a run", again, worker)

    stage.with_partner(PARTNER, check)


def check_does_not_call_a_failed_job_completed(stage):
    def check(processor):
        stage.proxy.changes = {b'"phoneNumber"': b'"phoneNumbex"'}
        stage.note("the job's data was changed on its way to Redis, to phoneNumbex for phoneNumber")
        console = stage.run(SCRIPT)
        console_shows(console, [CREATED.format(1)], settle=0)
        if not stage.proxy.changed:
            raise CannotJudge(f"{WHETHER}: its job is stored in a way of its own")
        worker = stage.run(processor)
        console.wait(lambda console: len(console.lines) > 1, 3)
        if console.lines[1:2] == ["Notification job completed"] and not worker.lines:
            expected = [CREATED.format(1), "Notification job failed"]
            what = "says that a job is completed which has failed"
            raise Wrong(what, console, worker, expected=expected)
        if not console.lines[1:]:
            raise CannotJudge(f"{WHETHER}: nothing was told of a job that should fail")
        if console.lines[1] not in ("Notification job failed", "Notification job completed"):
            console_shows(console, [CREATED.format(1), "Notification job failed"])

    stage.with_partner(PARTNER, check)
