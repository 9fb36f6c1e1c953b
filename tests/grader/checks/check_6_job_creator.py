"""Task 6: the job creator."""

from rq.job import Job
from rq.results import Result

from ...course import COMPLETED, FAILED, JOB, created, sent
from ..findings import Wrong
from ..pairs import with_partner
from . import check
from .shared import jobs_of_rq, puts_jobs_on_the_queue_and_counts_on, says_no_more, sent_data
from .watching import console_shows
from .whose import END_WORDS, asks_for_status, creators_own_fault, processors_fault, told_by

SAYS_COMPLETED = "says that a failed job is completed"


@check("puts a job on the queue, and continues the numbering")
def check_jobs(stage):
    puts_jobs_on_the_queue_and_counts_on(stage)


@check("reports that its job is completed, as soon as it is")
@with_partner
def check_completed(stage, processor):
    first, second = stage.run(), None
    console_shows(first, created(1), settle=0)
    second = stage.run()
    console_shows(second, created(2), settle=0)
    stage.is_served = second.wait(lambda _: asks_for_status(stage), 0.5)
    worker = stage.run_held(processor)
    try:
        if stage.is_served:
            not_before_the_end(stage, worker, first, second)
        worker.release()
        for console, number in (first, 1), (second, 2):
            expected = [*created(number), COMPLETED]
            console_shows(console, expected, others=[worker], in_pair=True)
        stage.note("the creator was run again, while the processor was running")
        console_shows(stage.run(), [*created(3), COMPLETED], others=[worker], in_pair=True)
    except Wrong as fault:
        worker.wait_lines(1, 3)
        worker.wait_quiet(0.5)  # what it prints may show the cause
        fault.in_pair = not creators_own_fault(fault)
        expected = [sent(data) for data in sent_data(stage)]
        stage.partners_fault = processors_fault(worker, expected * 2, alike=True)
        raise
    stage.note("the processor was ended, and the creator run again")
    stage.stop(worker)
    again = stage.run()
    console_shows(again, created(4), settle=0)
    says_no_more(again, created(4), 0.7)  # it may poll Redis


def not_before_the_end(stage, worker, *creators):
    """Raise Wrong if a creator says that its job is completed while RQ still has both jobs on the
    queue, or in work, since the processor cannot print."""
    if not worker.wait(lambda _: stage.server.count_jobs("6", "wip"), 3):
        return
    creators[0].wait_lines(2, 0.4)
    early = [console for console in creators if COMPLETED in console.lines]
    if early and all(job.get(b"status") in (b"queued", b"started") for job in jobs_of_rq(stage)):
        stage.note("while the processor's output was held back, its jobs could not end")
        raise Wrong("says that its job is completed before it is", early[0], expected=created(1))


@check("reports that its job failed, if it did")
def check_failed(stage):
    """If the creator asks RQ about its job, make the job fail in RQ. If not, try it with its own
    processor. If that does not let the job fail either, note that this was not checked."""
    console = stage.run()
    console_shows(console, created(1), settle=0)
    if console.wait(lambda _: asks_for_status(stage), 0.5):
        fail_job(stage)
        console.wait_lines(2, 4)
        expected = [*created(1), FAILED]
        if len(console.lines) < 2 and console.status is None:
            raise Wrong("does not report that its job failed", console, expected=expected)
        if console.lines[1:2] == [COMPLETED]:
            raise Wrong(SAYS_COMPLETED, console, expected=expected)
        console_shows(console, expected)
    elif not says_failed_with_its_own(stage):
        stage.doubts.append("its job could not be made to fail, so it did not have to report that")


def fail_job(stage):
    """Do what an RQ worker does when a job fails, whatever its id."""
    [key] = stage.client.keys("rq:job:*")
    job_id = key.decode().removeprefix("rq:job:")
    job = Job.fetch(job_id, connection=stage.client, serializer="json")
    job.set_status("failed")
    Result.create_failure(job, 3600, "Traceback (most recent call last):\nException: made to fail")
    stage.client.lrem(f"rq:queue:{job.origin}", 0, job_id)
    stage.client.zadd(f"rq:failed:{job.origin}", {job_id: 2**32})
    stage.note("the job was made to fail", f"redis-cli hset {key.decode()} status failed")


def says_failed_with_its_own(stage):
    """Return whether the creator, with its own processor, reports that a job without a phoneNumber
    failed. Raise Wrong if it ends without a word, or says that a job which failed in RQ is
    completed."""
    processor = stage.folder / stage.partner
    if not processor.is_file():
        return False
    stage.reset()
    stage.proxy.rewrites = {f'"{next(iter(JOB))}"'.encode(): b'"phoneNumbex"'}
    console = stage.run()
    console_shows(console, created(1), settle=0)
    worker = stage.run(processor)
    console.wait(lambda console: console.lines[1:2], 2)
    worker.wait(lambda _: stage.server.count_jobs("6", "failed"), 0.5)
    if console.status == 0 and not console.lines[1:]:
        what = "ends without saying how its job ended"
        raise Wrong(what, console, worker, expected=[*created(1), FAILED])
    has_failed = stage.server.count_jobs("6", "failed")
    was_told_otherwise = told_by(stage, worker, 1).says("1", END_WORDS[0])
    if console.lines[1:2] == [COMPLETED] and has_failed and not was_told_otherwise:
        raise Wrong(SAYS_COMPLETED, console, worker, expected=[*created(1), FAILED])
    return console.lines[1:2] == [FAILED]


CHECKS = [check_jobs, check_completed, check_failed]
