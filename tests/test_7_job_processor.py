"""Task 9: two jobs at a time, with progress and errors. What it shares with task 7's is tested with
that; what the creator shows of it, with task 8's."""

import importlib
import sys
from unittest.mock import Mock, call

import pytest
import redis
import rq

from .course import OURS


@pytest.fixture
def processor(monkeypatch):
    """The processor as a module: to import it, as RQ's own tools do, starts nothing."""
    monkeypatch.syspath_prepend(OURS)
    monkeypatch.delitem(sys.modules, "7_job_processor", raising=False)
    return importlib.import_module("7_job_processor")


def test_a_blacklisted_number_fails_the_job(processor, capsys):
    for number in "4153518780", "4153518781":
        job, done = Mock(), Mock()
        processor.send_notification(number, "message", job, done)
        done.assert_called_once()
        [error] = done.call_args.args
        assert str(error) == f"Phone number {number} is blacklisted"
        assert job.progress.mock_calls == [call(0, 100)]
    assert capsys.readouterr().out == ""


def test_another_number_is_sent_its_notification_in_one_piece(processor, monkeypatch):
    """Else PYTHONUNBUFFERED writes a line's end by itself, and two workers' lines run together."""
    job, done, stdout = Mock(), Mock(), Mock()
    monkeypatch.setattr(sys, "stdout", stdout)
    processor.send_notification("1", "Hello", job, done)
    assert job.progress.mock_calls == [call(0, 100), call(50, 100)]
    done.assert_called_once_with()
    written = [write for write in stdout.write.mock_calls if write != call("")]
    assert written == [call("Sending notification to 1, with message: Hello\n")]


def after(cause, error):
    """The error as Python raises it while the cause is handled."""
    error.__context__ = cause
    return error


TIMEOUT = rq.timeouts.JobTimeoutException()


@pytest.mark.parametrize(
    "error, retries, shows_traceback",
    [
        (rq.exceptions.AbandonedJobError(), 2, False),  # its worker died
        (SystemExit(), 2, False),  # a second ^C
        (after(redis.ConnectionError(), TIMEOUT), 2, True),  # Redis was away
        (Exception("blacklisted"), 0, False),  # by done(error)
        (KeyError("message"), 0, True),
        (after(ValueError(), KeyError("message")), 0, True),
    ],
)
def test_only_what_is_no_error_of_the_job_is_tried_again(
    processor, capsys, error, retries, shows_traceback
):
    job = Mock(retries_left=2)
    processor.on_exception(job, type(error), error, error.__traceback__)
    assert job.retries_left == retries
    assert (type(error).__name__ in capsys.readouterr().err) == shows_traceback


@pytest.mark.one_server
def test_a_job_that_is_done_again_notes_no_progress_twice(processor, server):
    job = processor.NotificationJob("1", server.client, "json")
    for completed in 0, 50, 0, 50:
        job.progress(completed, 100)
    assert server.client.hget("rq:job:1", "meta") == b'{"progress": [0, 50]}'
