"""Task 9: two jobs at a time, with progress and errors. What it shares with task 7's is tested with
that; what the creator shows of it, with task 8's."""

import importlib
import sys
from types import SimpleNamespace

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


class Job:
    """What the functions of the processor ask of a job."""

    def __init__(self):
        self.said, self.retries_left = [], 2

    def progress(self, completed, total):
        self.said.append((completed, total))


def test_a_line_is_written_in_one_piece_since_two_workers_print(processor, monkeypatch):
    """Else PYTHONUNBUFFERED writes its end by itself, and lines of two workers run together."""
    pieces = []
    stdout = SimpleNamespace(write=pieces.append, flush=lambda: None)
    monkeypatch.setattr(sys, "stdout", stdout)
    processor.send_notification("1", "Hello", Job(), lambda: None)
    assert "".join(pieces) == "Sending notification to 1, with message: Hello\n"
    assert len([piece for piece in pieces if piece]) == 1


def test_a_blacklisted_number_fails_the_job(processor, capsys):
    for number in "4153518780", "4153518781":
        job, ended = Job(), []
        processor.send_notification(number, "message", job, ended.append)
        [error] = ended
        assert str(error) == f"Phone number {number} is blacklisted"
        assert job.said == [(0, 100)]
    assert capsys.readouterr().out == ""


def test_another_number_is_sent_its_notification(processor, capsys):
    job, ended = Job(), []
    processor.send_notification("1", "Hello", job, lambda *error: ended.append(error))
    assert job.said == [(0, 100), (50, 100)] and ended == [()]
    assert capsys.readouterr().out == "Sending notification to 1, with message: Hello\n"


def after(cause, error):
    """The error as Python raises it while the cause is handled."""
    try:
        try:
            raise cause
        except type(cause):
            raise error
    except type(error) as raised:
        return raised


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
    job = Job()
    processor.on_exception(job, type(error), error, error.__traceback__)
    assert job.retries_left == retries
    assert (type(error).__name__ in capsys.readouterr().err) == shows_traceback


@pytest.mark.one_server
def test_a_job_that_is_done_again_notes_no_progress_twice(processor, server):
    job = processor.NotificationJob("1", server.client, "json")
    for completed in 0, 50, 0, 50:
        job.progress(completed, 100)
    assert server.client.hget("rq:job:1", "meta") == b'{"progress": [0, 50]}'
