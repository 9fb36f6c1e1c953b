"""Task 7: do the jobs of the queue, one after the other: those that wait and those that come."""

import pytest
import rq

from .course import QUEUES, from_one, in_any_order, transcript
from .harness.waiting import wait_until


def test_does_the_jobs_that_wait_and_those_that_come(run, server):
    creators = [run("6_job_creator"), run("6_job_creator")]
    for creator in creators:
        assert creator.wait(lambda creator: creator.lines)
    processor = run("6_job_processor", screen=True)
    creators.append(run("6_job_creator"))
    for creator in creators:
        assert creator.wait_exit() == 0
        assert from_one(creator.lines) == transcript("6_job_creator")
    assert processor.wait_lines(3)
    assert processor.lines == transcript("6_job_processor") * 3
    assert processor.status is None
    wait_until(lambda: server.client.zcard(f"rq:finished:{QUEUES['6']}") == 3)


@pytest.mark.one_server
@pytest.mark.parametrize("pair, count", [("6", 1), ("7", 2)])
def test_does_so_many_jobs_at_a_time(run, server, full_pipe, pair, count):
    """The processor cannot print: so many jobs get as far as that, and no more is begun."""
    queue, pipe = QUEUES[pair], full_pipe()
    processor = run(f"{pair}_job_processor", stdout=pipe.writer)
    creators = [run(f"{pair}_job_creator") for _ in range(2)]
    wait_until(lambda: server.client.zcard(f"rq:wip:{queue}") == count)
    if pair == "7":
        wait_until(lambda: sum(one.stdout.count("50% complete") for one in creators) == count)
    creators[0].wait_exit(0.5)
    assert server.client.zcard(f"rq:wip:{queue}") == count
    assert server.client.zcard(f"rq:finished:{queue}") == 0
    pipe.empty()
    for creator in creators:
        assert creator.wait_exit() == 0
    processor.type("\x03")
    assert processor.wait_exit(5) == 0
    expected = transcript(f"{pair}_job_processor") * 2
    assert in_any_order(pipe.printed()) == in_any_order(expected)


@pytest.mark.parametrize("pair", "67")
def test_an_error_in_a_job_is_final_and_shows_its_traceback(run, server, pair):
    """But one that comes by done(error), as a blacklisted number's, is for the creator to tell."""
    queue = rq.Queue(QUEUES[pair], connection=server.client, serializer="json")
    good, bad = {"phoneNumber": "1", "message": "good"}, {"phoneNumber": "1"}
    for job_data in bad, {"phoneNumber": "4153518780", "message": "listed"}, good:
        queue.enqueue(f"{pair}_job_processor.process", job_data, retry=rq.Retry(max=2))
    processor = run(f"{pair}_job_processor", screen=True)
    listed = "Sending notification to 4153518780, with message: listed"
    sent = "Sending notification to 1, with message: good"
    # Task 7's has no blacklist.
    expected, failed = ([listed, sent], 1) if pair == "6" else ([sent], 2)
    assert processor.wait(lambda processor: set(expected) <= set(processor.lines))
    wait_until(lambda: server.client.zcard(f"rq:failed:{queue.name}") == failed)
    assert processor.wait(lambda processor: "KeyError: 'message'" in processor.lines)
    assert processor.stdout.count("Traceback") == 1 and "blacklisted" not in processor.stdout
    assert [line for line in processor.lines if line.startswith("Sending")] == expected


@pytest.mark.one_server
def test_both_processors_print_at_once_through_a_pipe(run):
    processors = {pair: run(f"{pair}_job_processor", stdout="pipe") for pair in "67"}
    creators = [run(f"{pair}_job_creator") for pair in "667"]
    for creator in creators:
        assert creator.wait_exit() == 0
    for pair, count in ("6", 2), ("7", 1):
        expected = transcript(f"{pair}_job_processor") * count
        assert processors[pair].wait_lines(len(expected)) and processors[pair].status is None
        assert in_any_order(processors[pair].lines) == in_any_order(expected)
        assert processors[pair].stderr == ""
