"""Task 6: the job creator."""

from ...course import COMPLETED, FAILED, OURS, created
from ..stage import with_partner
from ..verdict import CannotJudge, Wrong
from .shared import puts_jobs_on_the_queue_and_counts_on, says_no_more
from .watching import console_shows


def check_jobs(stage):
    """puts a job on the queue, and counts on"""
    puts_jobs_on_the_queue_and_counts_on(stage)


@with_partner
def check_completed(stage, processor):
    """says that its job is completed, as soon as it is"""
    console = stage.run()
    console_shows(console, created(1), settle=0)
    worker = stage.run(processor)
    console_shows(console, [*created(1), COMPLETED])
    stage.note("the processor was ended, and the creator run again")
    stage.stop(worker)
    again = stage.run()
    console_shows(again, created(2), settle=0)
    says_no_more(again, created(2), 0.7)  # it may ask Redis now and then


def check_failed(stage):
    """says that its job has failed, if it has"""
    theirs = stage.folder / stage.partner
    processors = [OURS / stage.partner] + ([] if stage.why_not(theirs) else [theirs])
    if not any(tells_of_failure(stage, processor) for processor in processors):
        raise CannotJudge("whether it tells of a failed job: none could be made to fail")


def tells_of_failure(stage, processor):
    """Whether the creator says that a job has failed; Wrong if it does not, and Redis says that it
    has."""
    stage.reset()
    stage.proxy.changes = {b'"phoneNumber"': b'"phoneNumbex"'}
    how = "on its way to Redis, phoneNumber became phoneNumbex in its data"
    how += " (so the processor's error is intended)"
    stage.note(f"the job was made to fail: {how}")
    console = stage.run()
    console_shows(console, created(1), settle=0)
    if not console.wait(lambda _: stage.proxy.changed, 0.5):
        return False
    worker, expected = stage.run(processor), [*created(1), FAILED]
    stage.commands[-1] = "redis-cli hset rq:job:1 status failed"  # by hand, without a processor

    def has_failed():
        return stage.server.count_jobs("6", "failed")

    worker.wait(lambda _: has_failed() or console.lines[1:2] == [FAILED], 4)
    if has_failed():
        if not console.wait_lines(2, 4) and console.status is None:
            raise Wrong("says nothing of a job that has failed", console, worker, expected=expected)
        if console.lines[1:2] == [COMPLETED]:
            what = "says that a job is completed which has failed"
            raise Wrong(what, console, worker, expected=expected)
        console_shows(console, expected)
    return console.lines[1:2] == [FAILED]
