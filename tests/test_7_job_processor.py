"""Task 9: do two jobs at a time, with progress and errors. What its processor shares with task 7's
is tested there; what the creator shows, with task 8's creator."""

from unittest.mock import Mock, call

import pytest
import rq

from .course import BLACKLIST, blacklisted, sent


@pytest.fixture
def pair():
    return "7"


@pytest.mark.parametrize("number", BLACKLIST)
def test_a_blacklisted_number_fails_the_job(processor_module, capsys, number):
    job, done = Mock(), Mock()
    processor_module.send_notification(number, "message", job, done)
    done.assert_called_once()
    [error] = done.call_args.args
    assert str(error) == blacklisted(number)
    assert job.progress.mock_calls == [call(0, 100)]
    assert capsys.readouterr().out == ""


def test_another_number_is_sent_its_notification(processor_module, capsys):
    job, done = Mock(), Mock()
    processor_module.send_notification("1", "Hello", job, done)
    assert job.progress.mock_calls == [call(0, 100), call(50, 100)]
    done.assert_called_once_with()
    assert capsys.readouterr().out == sent({"phoneNumber": "1", "message": "Hello"}) + "\n"


@pytest.mark.needs_redis_server
def test_the_lines_of_two_workers_stay_whole(run, server, queues):
    """With PYTHONUNBUFFERED, as in many containers, print() would write the newline separately, and
    about one line in forty would be broken."""
    job_data = {"phoneNumber": "1", "message": "Hello"}
    jobs = [rq.Queue.prepare_data("process", (job_data,), job_id=str(n)) for n in range(500)]
    processor = run("7_job_processor", stdout="pipe", env={"PYTHONUNBUFFERED": "1"})
    server.wait_for_workers(2)
    queues["7"].enqueue_many(jobs)
    processor.expect_lines([sent(job_data)] * len(jobs))


def test_done_ends_a_job_as_kue_does(processor_module):
    assert processor_module.done() is None
    with pytest.raises(processor_module.JobFailed, match="^too late$"):
        processor_module.done(Exception("too late"))


@pytest.mark.fakeredis_only
def test_a_job_that_is_done_again_notes_no_progress_twice(processor_module, server):
    job = processor_module.NotificationJob("1", server.client, "json")
    for completed in 0, 50, 0, 50:
        job.progress(completed, 100)
    job.progress(30, 40)
    assert server.client.hget("rq:job:1", "meta") == b'{"progress": [0, 50, 75]}'
