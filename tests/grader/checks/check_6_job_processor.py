"""Task 7: the job processor."""

import json

from ...course import COMPLETED, JOB, sent
from ..findings import CannotJudge, Wrong
from ..pairs import with_partner
from . import check
from .shared import change_data, check_waits, sent_data
from .watching import console_shows
from .whose import asks_for_status, creators_own_fault


@check("does the jobs that are waiting, and those that come later")
@with_partner
def check_jobs(stage, creator):
    first, first_line = create(stage, creator)
    [data, *_] = sent_data(stage)
    changes = {data["phoneNumber"]: f"7{stage.random.randrange(10**8, 10**9)}"}
    changes[json.dumps(data["message"])[1:-1]] = f"It's the code {stage.word()}"
    change_data(stage, changes, "to see that the processor does what the job says")
    second, second_line = create(stage, creator)
    console = stage.run()

    def shows(lines, **options):
        try:
            console_shows(console, lines, **options)
        finally:
            stage.is_served = does_jobs_of_rq(stage, console, lines)

    shows([first_line, second_line], settle=0)
    changes[data["phoneNumber"]] = f"8{stage.random.randrange(10**8, 10**9)}"
    change_data(stage, changes, "and once more")
    third, third_line = create(stage, creator)
    expected = [first_line, second_line, third_line]
    shows(expected)
    for number, other in enumerate((first, second, third), 1):
        is_told(stage, number, console, other)
    if console.status is not None:
        raise Wrong("ends, but should go on listening for jobs", console, expected=expected)


def create(stage, creator):
    """Run a creator; return its console, and the processor's line for its job."""
    known = len(sent_data(stage))
    console = stage.run(creator)
    console.wait(lambda console: console.lines and len(sent_data(stage)) > known, 3)
    if not console.lines or not (data := sent_data(stage)):
        raise CannotJudge(f"its creator stores no job with {' and '.join(JOB)}")
    return console, sent(data[-1])


def does_jobs_of_rq(stage, console, expected):
    """Return whether a processor understands RQ's jobs: it did one, or printed its line."""
    return stage.server.count_jobs("6", "finished") or bool({*console.lines} & {*expected})


def is_told(stage, number, console, creator):
    """Raise Wrong unless a job's creator is told that the job is completed."""
    if creator.wait_lines(2) and creator.lines[1] == COMPLETED:
        return
    status = stage.client.hget(f"rq:job:{number}", "status")
    if status == b"finished" and asks_for_status(stage):
        return
    what = "does the job, but does not complete it: its creator is not told"
    hint = f"The creator should show {COMPLETED!r}."
    fault = Wrong(what, console, creator, hint=hint, in_pair=True)
    about_creator = Wrong("", creator, expected=[*creator.lines[:1], COMPLETED])
    if creators_own_fault(about_creator):
        stage.partners_fault = "fails"
    raise fault


CHECKS = [check_waits, check_jobs]
