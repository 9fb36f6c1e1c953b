"""Task 5, the publisher: four messages, each a given number of milliseconds after its call."""

import itertools

import pytest

from .course import CHANNEL, REFUSED, transcript
from .harness.waiting import PATIENCE

SHOWN = transcript("5_publisher")


def test_shows_the_transcript_and_publishes_it(run, server):
    """As in the course: on two terminals, the subscriber first. The test is another subscriber,
    which does not stop at the course's last message."""
    with server.client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(CHANNEL)
        channel.get_message(timeout=PATIENCE)  # Redis confirms it
        subscriber = run("5_subscriber", screen=True)
        server.wait_for_subscribers(2)
        publisher = run("5_publisher", screen=True)
        for script in publisher, subscriber:
            script.expect_end()
        server.client.publish(CHANNEL, "the end")
        events = [channel.get_message(timeout=PATIENCE) for _ in range(len(SHOWN))]
    published = [event["data"].decode() for event in events]
    assert published == [*(x.removeprefix("About to send ") for x in SHOWN[1:]), "the end"]


def are_in_time(connected, *sent):
    """Return whether the lines come about 100 ms apart, the first that long after connecting."""
    in_turn = all(late - soon > 0.02 for soon, late in itertools.pairwise(sent))
    return in_turn and 0.05 < sent[0] - connected < 0.8 and 0.25 < sent[3] - sent[0] < 1


@pytest.mark.fakeredis_only
def test_prints_each_line_at_its_time_through_a_pipe(run):
    """One run of three is enough: a busy machine can hold up the script, or the test."""
    runs = []
    for _ in range(3):
        script = run("5_publisher", stdout="pipe")
        script.expect_end()
        runs.append([round(moment - script.times[0], 2) for moment in script.times])
        if are_in_time(*script.times):
            return
    pytest.fail(f"the lines are not in time in three runs (seconds from the first line): {runs}")


@pytest.mark.fakeredis_only
def test_reports_that_the_connection_was_lost(run, proxy):
    proxy.before(b"PUBLISH", CHANNEL.encode(), proxy.close)
    script = run("5_publisher", proxy.url)
    script.expect_end([*SHOWN[:2], f"{REFUSED}Error: Connection closed by server."], 1)
