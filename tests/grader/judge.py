"""The process that judges one folder: it makes the checks, and prints what it sees as events, a
line of JSON each: `{"started": SCRIPT}`, `{"found": {...}}` (a Finding), and `{"ended": true}`.
"""

import argparse
import base64
import contextlib
import importlib
import json
import os
import re
import resource
import sys
import time
import traceback
import zlib
from dataclasses import asdict
from pathlib import Path

import redis

from ..harness.servers import KINDS
from .hints import hint
from .stage import Stage
from .verdict import CannotJudge, Finding, GraderBroke, Wrong, facts, last_error

# What a script may fill, so that one without end does not take the machine's memory, or its disk.
LIMITS = {resource.RLIMIT_DATA: 2 * 2**30, resource.RLIMIT_FSIZE: 100 * 2**20}
NO_TEXT = base64.b64encode(zlib.compress(b""))


def main():
    """Judge a folder. What the options mean is said in __main__.py."""
    parser = argparse.ArgumentParser()
    for name in "--started-in", "--servers", "--scripts":
        parser.add_argument(name)
    parser.add_argument("--port", type=int, default=6379)
    parser.add_argument("--edition", default="holberton")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    for kind, most in LIMITS.items():
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(kind, (most, most))
    for kind in options.servers.split(","):
        with KINDS[kind]() as server:
            with contextlib.suppress(redis.RedisError):  # it may not write where it was started
                server.client.config_set("save", "")
            judge(options, server)
    tell(ended=True)


def tell(**event):
    print(json.dumps(event), flush=True)


def checks_of(script):
    """The functions that check a script, in their order."""
    module = importlib.import_module(f".checks.check_{Path(script).stem}", __package__)
    return [check for name, check in vars(module).items() if name.startswith("check_")]


def judge(options, server):
    """Make the checks of each script, until one has failed."""
    outcomes = {}
    for script in options.scripts.split(","):
        tell(started=script)
        if not os.path.isfile(options.folder / script):  # not, if it cannot be known
            tell(found=asdict(Finding(script, "missing", headline="missing")))
            continue
        for check in checks_of(script):
            if not server.is_alive():
                server.restart()
            finding = make(check, Stage(options, server, script, outcomes))
            tell(found=asdict(finding))
            outcomes[script] = finding.status
            if finding.status in ("failed", "grader"):
                break


def make(check, stage):
    """Make a check; return what it has found."""
    finding, begin = Finding(stage.script, "passed", check.__doc__), time.monotonic()
    try:
        stage.reset()
        stage.attempt(check, stage)
        finding.doubts = stage.doubts
    except Exception as raised:  # noqa: BLE001 (an unknown one is the grader's)
        error = what_it_means(raised, stage)
        finding.status = {Wrong: "failed", CannotJudge: "not run"}.get(type(error), "grader")
        finding.headline = getattr(error, "headline", str(error))
        if finding.status == "failed":
            vars(finding).update(facts(error) | stage.told(), hint=hint(error, stage) or "")
        elif finding.status == "grader":
            finding.headline = f"{type(error).__name__}: {error}"
            finding.trace = "".join(traceback.format_exception(error))
    stage.end()
    finding.seconds = time.monotonic() - begin
    return finding


def error_of_a_job(stage):
    """The error that a job of RQ's has raised in the script that is judged, or None."""
    with contextlib.suppress(redis.RedisError, ValueError, zlib.error):
        for key in stage.client.scan_iter(match="rq:results:*"):
            for _, fields in stage.client.xrange(key):
                text = zlib.decompress(base64.b64decode(fields.get(b"exc_string", NO_TEXT)))
                error = last_error(stage.script, f"{text.decode()}\n")
                if stage.script.encode() in text and error:
                    return error
    return None


def what_it_means(error, stage):
    """What an error that a check has raised means."""
    shows_too_little = re.search("nothing|missing", str(error))
    if isinstance(error, Wrong) and shows_too_little and (raised := error_of_a_job(stage)):
        error.headline = f"raised {raised}, in a job"
    if isinstance(error, (Wrong, CannotJudge)):
        why = None if stage.proxy.harm else stage.breakdown()
        return GraderBroke(why) if why else error
    if isinstance(error, redis.ResponseError) and "WRONGTYPE" in str(error):
        what = "leaves another type of value in Redis than the course has"
        return Wrong(what, *stage.own_console())
    return error


if __name__ == "__main__":
    sys.exit(main())
