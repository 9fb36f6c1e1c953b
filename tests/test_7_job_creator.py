"""Task 8: create eleven jobs, and show the progress and the end of each, as they happen.

What it has in common with task 6's creator is tested with that. That it shows progress as it
happens is tested with the processors.
"""

import pytest
from rq.results import Result

from .course import created, failed, in_any_order, transcript

CREATED = created(*range(1, 12))


def test_shows_what_happens_to_each_job(run, server):
    """As in the course, on two terminals."""
    creator = run("7_job_creator", screen=True)
    creator.expect_line(CREATED[-1])
    processor = run("7_job_processor", screen=True)
    creator.expect_end()
    assert creator.lines[:11] == CREATED
    processor.expect_transcript()
    assert processor.status is None
    # What RQ keeps about a failed job does not stay forever.
    assert server.client.ttl("rq:results:1") > 0


# What RQ keeps about a failed job, and what the creator says about it.
RESULTS = {
    "Traceback: ...\nJobFailed: Phone number 1: wrong\n": "Phone number 1: wrong",
    "Traceback: ...\nAssertionError\n": "AssertionError",
    "Moved to FailedJobRegistry, due to AbandonedJobError": None,  # its workers were killed
}


@pytest.mark.fakeredis_only
def test_shows_how_jobs_end_in_another_way(run, queues, proxy):
    """At its end, the creator says which of its jobs are no longer in Redis."""
    creator = run("7_job_creator", proxy.url)
    creator.expect_lines(CREATED)
    jobs, ends = queues["7"].jobs, []
    for job, (result, reason) in zip(jobs, RESULTS.items()):
        Result.create_failure(job, 3600, result)
        job.set_status("failed")
        ends.append(failed(job.id, reason or result))
    jobs[3].cancel()
    for job in jobs[4:6]:
        job.delete()
    for job in jobs[6:]:
        job.set_status("finished")
    ends.append(failed(4, "canceled"))
    completed = [line for line in transcript("7_job_creator") if "completed" in line][-5:]
    creator.expect_exit(1)
    assert creator.lines[:11] == CREATED
    assert in_any_order(creator.lines[11:]) == in_any_order(ends + completed)
    assert creator.stderr == "No longer in Redis: job 5, job 6\n"
    assert not proxy.asked(b"HGET"), "it reads a status that may be newer than the progress"
