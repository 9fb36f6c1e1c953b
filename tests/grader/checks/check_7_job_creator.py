"""Task 8: the job creator that tracks progress and errors."""

import re

from ...course import JOBS, transcript
from ..verdict import Wrong
from .shared import blacklisted, creates, no_more_while_nobody_works, other_data, queued, shows_all
from .watching import console_shows, interrupted

SCRIPT = "7_job_creator.py"
PARTNER = "7_job_processor.py"
LATE = "shows the progress of a job only once the job has ended"
FIRST = transcript("7_job_creator")[:11]


def check_puts_the_jobs_on_the_queue_and_counts_on(stage):
    first = creates(stage, SCRIPT, range(1, 12))
    queued(first, stage, "push_notification_code_2", JOBS)
    stage.note("the creator was run twice")
    second = creates(stage, SCRIPT, range(12, 23))
    no_more_while_nobody_works({first: range(1, 12), second: range(12, 23)})
    interrupted(second)


def check_shows_each_job_s_progress_and_end_as_they_happen(stage):
    def check(processor, delay=0.05):
        black = stage.random.choice(JOBS[4:])["phoneNumber"]
        other_data(stage, {black: "4153518781"}, words=())
        stage.note("a job was made slow")
        console = stage.run(SCRIPT)
        console_shows(console, FIRST, settle=0)
        stage.proxy.spared = console
        stage.proxy.delays = {"7": delay}
        worker = stage.run(processor)
        black = black if stage.proxy.changed else None
        shows_all(console, blacklisted(transcript("7_job_creator"), black))
        stage.proxy.delays = {}
        begun, ended = (
            next(when for when, line in zip(console.times, console.lines) if re.match(what, line))
            for what in ("Notification job 7 0%", "Notification job 7 (completed|failed)")
        )
        if ended - begun < delay / 2:  # in truth, an answer of Redis at least lies between them
            raise Wrong(LATE, console, worker)
        stage.note("the creator was run again once its first jobs had been done")
        again = stage.run(SCRIPT)
        again.wait(lambda again: again.lines, 10)
        expected = ["Notification job created: 12"]
        if again.lines[:1] != expected:
            raise Wrong("does not count on: line 1 differs", again, expected=expected)

    def check_again(processor):
        try:
            check(processor)
        except Wrong as wrong:
            if wrong.headline != LATE:
                raise
            stage.reset()  # the machine may be busy
            check(processor, delay=0.6)

    stage.with_partner(PARTNER, check_again)
