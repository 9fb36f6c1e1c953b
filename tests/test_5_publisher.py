"""Task 5, the publisher: four messages, each so many milliseconds after the script's call."""

import pytest

from .course import CHANNEL, transcript

SHOWN = transcript("5_publisher")


def test_shows_the_transcript_and_publishes_it(run, server):
    with server.client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=5)
        script = run("5_publisher", screen=True)
        assert script.wait_exit() == 0
        assert script.lines == SHOWN
        heard = [pubsub.get_message(timeout=1)["data"].decode() for _ in SHOWN[1:]]
    assert heard == [line.removeprefix("About to send ") for line in SHOWN[1:]]


@pytest.mark.one_server
def test_prints_each_line_at_its_time_through_a_pipe(run):
    script = run("5_publisher", stdout="pipe")
    assert script.wait_exit() == 0
    assert script.lines == SHOWN and script.stderr == ""
    assert 0.2 < script.times[4] - script.times[1] < 0.6
    assert all(soon < late for soon, late in zip(script.times, script.times[1:]))


@pytest.mark.real
def test_a_connection_that_is_lost_is_python_s_error(run, server):
    with server.client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=5)
        script = run("5_publisher")
        while not pubsub.get_message(timeout=1):
            pass
    server.stop()
    assert script.wait_exit() == 1
    assert script.lines == SHOWN[: len(script.lines)]
    assert "127.0.0.1" in script.stderr.splitlines()[-1]
