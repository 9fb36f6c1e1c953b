"""The process that checks one folder. It prints what it finds as events, one line of JSON each:
`{"started": SCRIPT}`, `{"found": {...}}` (a Finding), `{"remark": TEXT}`, and `{"ended": true}`.
"""

import argparse
import base64
import contextlib
import importlib
import json
import os
import re
import resource
import shutil
import sys
import tempfile
import time
import traceback
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import redis

from ..course import TASKS
from ..harness import fake  # noqa: F401 (imported before a sandbox hides it)
from ..harness.servers import KINDS
from . import sandbox
from .findings import CannotJudge, Finding, GraderBroke, Wrong, fault_fields, last_error
from .hints import hint_for, other_name_of
from .stage import Stage, copy_solution

# A script that never stops must not fill the machine's memory, or its disk.
LIMITS = {resource.RLIMIT_DATA: 2 * 2**30, resource.RLIMIT_FSIZE: 100 * 2**20}
NO_TEXT = base64.b64encode(zlib.compress(b""))
MODULES = {
    task.script: importlib.import_module(f".checks.check_{Path(task.script).stem}", __package__)
    for task in TASKS
}


@dataclass
class Settings:
    """What all checks of a folder share.

    handed_in: a copy of the folder that scripts cannot change. room: where scripts run; it holds
    another copy, HOME and, outside a sandbox, TMPDIR. rights: the words to put before a script's
    command, which take all rights from it.
    """

    handed_in: Path
    room: Path
    edition: str
    port: int
    rights: list
    kept: frozenset = frozenset()  # names in /tmp that the sandbox put there

    def environment(self):
        temporary = {} if sandbox.is_entered() else {"TMPDIR": str(self.room / "tmp")}
        kept = {name: os.environ[name] for name in sandbox.KEPT if name in os.environ}
        fixed = {"HOME": str(self.room / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
        return kept | fixed | temporary

    def empty_room(self):
        """Undo what scripts did: recreate the copy, HOME and the folder for temporary files."""
        clear(Path("/tmp") if sandbox.is_entered() else self.room, self.kept)
        self.room.mkdir(exist_ok=True)
        shutil.copytree(self.handed_in, self.room / "solution")
        for name in "home", "tmp":
            (self.room / name).mkdir()
        if sandbox.AS_NOBODY[0] in self.rights:
            for root, folders, names in os.walk(self.room):
                for name in [".", *folders, *names]:
                    os.chown(Path(root, name), sandbox.NOBODY, sandbox.NOBODY)


def clear(folder, kept):
    """Delete what is in a folder, if it exists, but not `kept` or this process's own folders."""
    for path in folder.iterdir() if folder.is_dir() else []:
        if path.name not in kept and not path.name.startswith(("redis-", "console-")):
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def main():
    """Check a folder, with the options that __main__.py and folders.py pass."""
    parser = argparse.ArgumentParser()
    for name in "--servers", "--scripts":
        parser.add_argument(name)
    parser.add_argument("--hide", nargs="*", default=[])
    parser.add_argument("--port", type=int, default=6379)
    parser.add_argument("--edition", default="holberton")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    for kind, most in LIMITS.items():
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(kind, (most, most))
    place = Path(tempfile.gettempdir())

    def copy_to(store):
        if remark := copy_solution(options.folder, store / "handed_in"):
            emit(remark=remark)

    if sandbox.is_entered():
        sandbox.enter(copy_to, options.hide)
        place, room = sandbox.STORE, Path("/tmp/room")
        tempfile.tempdir, kept = "/tmp", os.listdir("/tmp")
    else:
        copy_to(place)
        (place / "handed_in").chmod(0o700)
        place.chmod(0o711)
        room, kept = place / "room", []
    sandbox.keep_out()
    settings = Settings(
        place / "handed_in", room, options.edition, options.port,
        sandbox.rights(), frozenset(kept),
    )  # fmt: skip
    for kind in options.servers.split(","):
        with KINDS[kind]() as server:
            with contextlib.suppress(redis.RedisError):  # it may be unable to write snapshots
                server.client.config_set("save", "")
            check_scripts(settings, server, options.scripts.split(","))
    emit(ended=True)


def emit(**event):
    print(json.dumps(event), flush=True)


def check_scripts(settings, server, scripts):
    """Run the checks of each script, up to the first one that fails."""
    last_findings = {}
    for script in scripts:
        emit(started=script)
        if not (settings.handed_in / script).is_file():
            other = other_name_of(script, settings.handed_in)
            headline = f"missing, but {other} is there: name it {script}" if other else "missing"
            emit(found=asdict(Finding(script, "missing", headline=headline)))
            continue
        for check in MODULES[script].CHECKS:
            if not server.is_alive():
                server.restart()
            finding = run_check(check, Stage(settings, server, script, last_findings))
            emit(found=asdict(finding))
            last_findings[script] = finding
            if finding.status in ("failed", "grader"):
                break


def run_check(check, stage):
    """Run a check; return its Finding."""
    finding, begin = Finding(stage.script, "passed", check.sentence), time.monotonic()
    try:
        stage.reset()
        stage.attempt(check, stage)
        finding.doubts = stage.doubts
    except Exception as raised:  # noqa: BLE001 (any other kind is the grader's own)
        error = meaning(raised, stage)
        finding.headline = getattr(error, "headline", str(error))
        if isinstance(error, Wrong):
            finding.status, hint = "failed", hint_for(error, stage)
            vars(finding).update(fault_fields(error) | stage.story(), hint=hint or "")
        elif isinstance(error, CannotJudge):
            finding.status = "not run"
        else:
            finding.status = "grader"
            finding.headline = f"{type(error).__name__}: {error}"
            finding.trace = "".join(traceback.format_exception(error))
    stage.end()
    finding.seconds = time.monotonic() - begin
    return finding


def meaning(error, stage):
    """Return the error to report for one that a check raised."""
    shows_too_little = isinstance(error, Wrong) and (error.missing or not error.seen)
    if shows_too_little and (raised := error_of_a_job(stage)):
        error.headline = f"raises {raised}, in a job"
    if isinstance(error, Wrong) and (why := why_partner_fails(error, stage)):
        return CannotJudge(why)
    if isinstance(error, (Wrong, CannotJudge)):
        return (None if stage.proxy.forbidden_command else stage.breakdown()) or error
    if isinstance(error, redis.ResponseError) and "WRONGTYPE" in str(error):
        what = "leaves a value of another type in Redis than the course does"
        return Wrong(what, *stage.own())
    if isinstance(error, redis.ConnectionError) and not stage.server.is_alive():
        return GraderBroke("its redis-server ended")
    return error


def why_partner_fails(wrong, stage):
    """Return why a script that imports its partner fails, if the partner is missing or raises the
    error; else None."""
    if not (stage.partner and wrong.consoles and wrong.consoles[0].script.name == stage.script):
        return None
    stderr, stem = wrong.consoles[0].stderr, Path(stage.partner).stem
    if f"No module named '{stem}'" in stderr and not (stage.folder / stage.partner).exists():
        return f"it imports {stage.partner}, which is missing"
    frames = re.findall(r'File ".*?(\w+\.py)", line', stderr)
    if frames[-1:] == [stage.partner]:
        return f"it imports {stage.partner}, which fails"
    return None


def error_of_a_job(stage):
    """Return the error that one of RQ's jobs raised in the script being checked, or None."""
    with contextlib.suppress(redis.RedisError, ValueError, zlib.error):
        for key in stage.client.scan_iter(match="rq:results:*"):
            for _, fields in stage.client.xrange(key):
                text = zlib.decompress(base64.b64decode(fields.get(b"exc_string", NO_TEXT)))
                error = last_error(stage.script, f"{text.decode()}\n")
                if stage.script.encode() in text and error:
                    return error
    return None


if __name__ == "__main__":
    sys.exit(main())
