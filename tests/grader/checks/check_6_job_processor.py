"""Task 7: the job processor."""

from ...course import transcript
from ..verdict import Wrong
from .shared import JOB, changed, other_data
from .watching import console_shows, interrupted

SCRIPT = "6_job_processor.py"
PARTNER = "6_job_creator.py"


def create(stage, creator):
    """Run a creator whose job has data of its own; return its console and the processor's line."""
    changes = other_data(stage, [JOB["phoneNumber"]])
    console = stage.run(creator)
    if not console.wait_line("Notification job created"):
        raise Wrong("cannot be judged, since the creator creates no job", console)
    if not stage.proxy.changed:
        changes = {}
    stage.proxy.changed = 0
    return console, changed(transcript("6_job_processor"), changes)


def check_does_the_jobs_that_wait_and_those_that_come(stage):
    def check(creator):
        creators, expected = [], []
        for _ in range(2):
            console, lines = create(stage, creator)
            creators.append(console)
            expected += lines
        console = stage.run(SCRIPT)
        stage.consoles.remove(console)
        stage.consoles.insert(0, console)
        console_shows(console, expected, settle=0)
        later, lines = create(stage, creator)
        creators.append(later)
        expected += lines
        console_shows(console, expected)
        for other in creators:
            ended = other.wait(lambda other: len(other.lines) > 1, 10)
            if not ended or other.lines[1] != "Notification job completed":
                lines = ["Notification job created: ...", "Notification job completed"]
                raise Wrong(
                    "does the job, and does not complete it: its creator is not told so",
                    console,
                    other,
                    hint=f"Of the creator, {lines} was expected.",
                )
        if console.status is not None:
            raise Wrong("ends, and should go on listening for jobs", console, expected=expected)
        interrupted(console)

    stage.with_partner(PARTNER, check)
