"""Task 7: the job processor."""

import json

from ...course import COMPLETED, JOB, sent
from ..stage import with_partner
from ..verdict import Wrong
from .shared import change_data, sent_data
from .watching import console_shows, ends_on_interrupt


@with_partner
def check_jobs(stage, creator):
    """does the jobs that wait, and those that come"""
    first, first_line = create(stage, creator)
    [data, *_] = sent_data(stage)
    changes = {data["phoneNumber"]: f"7{stage.random.randrange(10**8, 10**9)}"}
    changes[json.dumps(data["message"])[1:-1]] = f"This is the code {stage.word()}"
    change_data(stage, changes, "to see that the processor does what the job says")
    second, second_line = create(stage, creator)
    console = stage.run()
    console_shows(console, [first_line, second_line], settle=0)
    changes[data["phoneNumber"]] = f"8{stage.random.randrange(10**8, 10**9)}"
    change_data(stage, changes, "and once more")
    third, third_line = create(stage, creator)
    expected = [first_line, second_line, third_line]
    console_shows(console, expected)
    for other in first, second, third:
        if not other.wait_lines(2) or other.lines[1] != COMPLETED:
            what = "does the job, and does not complete it: its creator is not told so"
            hint = f"Of the creator, {COMPLETED!r} was expected."
            raise Wrong(what, console, other, hint=hint)
    if console.status is not None:
        raise Wrong("ends, and should go on listening for jobs", console, expected=expected)
    ends_on_interrupt(console, quiet=0.3)


def create(stage, creator):
    """Run a creator; return its console, and the line for its job."""
    known = len(sent_data(stage))
    console = stage.run(creator)
    console.wait(lambda console: console.lines and len(sent_data(stage)) > known, 3)
    if not console.lines or not (data := sent_data(stage)):
        what = f"cannot be judged, since the creator stores no job with {' and '.join(JOB)}"
        raise Wrong(what, console)
    return console, sent(data[-1])
