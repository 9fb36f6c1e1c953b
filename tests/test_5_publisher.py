"""Task 5, the publisher: four messages, each so many milliseconds after the script's call."""

import itertools

import pytest

from .course import CHANNEL, transcript
from .harness.proxy import Proxy

SHOWN = transcript("5_publisher")


def test_shows_the_transcript_and_publishes_it(run, server):
    with server.client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(CHANNEL)
        channel.get_message(timeout=5)
        script = run("5_publisher", screen=True)
        assert script.wait_exit() == 0
        events = [channel.get_message(timeout=1) for _ in range(5)]
    assert script.lines == SHOWN
    published = [event["data"].decode() for event in events if event]
    assert published == [line.removeprefix("About to send ") for line in SHOWN[1:]]


@pytest.mark.one_server
def test_prints_each_line_at_its_time_through_a_pipe(run):
    script = run("5_publisher", stdout="pipe")
    assert script.wait_exit() == 0
    assert script.lines == SHOWN and script.stderr == ""
    _, *times = script.times  # of the messages, 100 ms apart on a quiet machine
    assert 0.25 < times[3] - times[0] < 0.6
    assert all(late - soon > 0.03 for soon, late in itertools.pairwise(times))


@pytest.mark.one_server
def test_a_connection_that_is_lost_is_python_s_error(run, server):
    with Proxy(server.port) as proxy:
        proxy.before(b"PUBLISH", CHANNEL.encode(), proxy.close)
        script = run("5_publisher", proxy.url)
        assert script.wait_exit() == 1
    assert script.lines == SHOWN[:2]
    assert script.stderr.splitlines()[-1].startswith("redis.exceptions.ConnectionError: ")
