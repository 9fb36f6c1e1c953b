"""Task 7: the job processor."""

from ...course import transcript
from ..verdict import Wrong
from .shared import JOB, change_data, changed
from .watching import console_shows, interrupted

SCRIPT = "6_job_processor.py"
PARTNER = "6_job_creator.py"


def create(stage, creator):
    """Run a creator whose job has data of its own; return its console and the processor's line."""
    changes = {JOB["phoneNumber"]: f"7{stage.random.randrange(10**8, 10**9)}"}
    changes["verify"] = stage.word()[:6]
    change_data(stage, changes)
    console = stage.run(creator)
    if not console.wait_line("Notification job created"):
        raise Wrong("cannot be judged, since the creator creates no job", console)
    if not console.wait(lambda console: stage.proxy.changed, 0.4):  # it may store it only now
        changes = {}
    stage.proxy.changed = 0
    return console, *changed(transcript("6_job_processor"), changes)


def check_does_the_jobs_that_wait_and_those_that_come(stage):
    def check(creator):
        first, first_line = create(stage, creator)
        second, second_line = create(stage, creator)
        expected = [first_line, second_line]
        console = stage.run(SCRIPT)
        stage.consoles.insert(0, stage.consoles.pop())
        console_shows(console, expected, settle=0)
        third, third_line = create(stage, creator)
        expected.append(third_line)
        console_shows(console, expected)
        for other in first, second, third:
            other.wait_lines(2)
            if other.lines[1:2] != ["Notification job completed"]:
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
