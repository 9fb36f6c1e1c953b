"""Pairs of scripts, a creator and its processor: which one is at fault.

How the two talk to each other is up to the student. So a script is tried with the folder's own
partner first. Only if that fails is it tried with this project's; and if it and this partner do not
understand each other, that says nothing about the script.
"""

import functools

from ..course import OURS, TASKS
from .findings import CannotJudge, Wrong
from .stage import compile_or_raise, partner_of

# Read on import: later, a sandbox hides this project. Our creators give RQ options that the course
# does not ask for, such as retries; with these, stock workers would repeat failed jobs.
STAND_INS = {
    task.script: (OURS / task.script).read_text().replace("main(**JOB_OPTIONS)", "main()")
    for task in TASKS
    if partner_of(task.script)
}


def with_partner(check):
    """Turn a check of the stage and the path of a partner into one of the stage alone. This is the
    only function that gives a check this project's partner."""

    @functools.wraps(check)
    def run(stage):
        own, why = None, why_not(stage.folder / stage.partner)
        if not why:
            own = Attempt(check, stage, stage.folder / stage.partner)
            if not own.fault:
                return
            stage.reset()
        ours = Attempt(check, stage, stand_in(stage))
        if ours.fault:
            decide(stage, own, ours, why)

    return run


class Attempt:
    """A check of a script with one partner, and its outcome."""

    def __init__(self, check, stage, partner):
        self.fault = None
        try:
            stage.attempt(check, stage, partner)
        except (Wrong, CannotJudge) as fault:
            self.fault = fault
        self.is_served, self.partners_fault = stage.is_served, stage.partners_fault
        self.story = stage.notes, stage.commands, stage.incomplete


def decide(stage, own, ours, why):
    """Raise the error to report for a script that failed with its own partner and with ours. own
    and ours are the Attempts; own is None if its partner cannot be run: `why` says why."""
    if ours.is_served and isinstance(ours.fault, Wrong):  # this is the script's own fault
        stage.note(f"the grader's own {stage.partner} was used in place of yours")
        raise ours.fault
    alone = f"only its own {stage.partner} understands it, and that"
    if own is None:
        raise CannotJudge(f"{alone} {why}")
    if isinstance(own.fault, CannotJudge):
        raise own.fault
    stage.notes, stage.commands, stage.incomplete = own.story
    partner_failed = stage.has_failed(stage.partner)
    if own.fault.in_pair or partner_failed:
        if own.partners_fault or partner_failed:
            raise CannotJudge(f"{alone} {own.partners_fault or 'fails'}")
        own.fault.may_be_partners_fault = True
    raise own.fault


def why_not(partner):
    """Return why a partner cannot be run, or None."""
    if not partner.is_file():
        return "is missing"
    try:
        compile_or_raise(partner)
    except Wrong:
        return "is not Python"
    return None


def stand_in(stage):
    """Write this project's partner into a folder of its own; return its path."""
    path = stage.settings.room / "partner" / stage.partner
    path.parent.mkdir(exist_ok=True)
    path.write_text(STAND_INS[stage.partner])
    path.parent.chmod(0o755)
    return path
