"""The folders that are judged: which they are, and each by a process of its own."""

import contextlib
import json
import os
import tempfile
import time
from pathlib import Path

from ..course import OURS
from ..harness.console import Console
from .results import SCRIPTS, Folder

LIMIT = 900  # seconds that a folder may take; one in which every script hangs takes 100


def folders_of(arguments):
    """The folders of the command line. Each has its own name; where two would have the same, it is
    what was typed."""
    paths = [Path(os.path.realpath(argument)) for argument in arguments]
    names = [path.name for path in dict.fromkeys(paths)]
    seen, folders = {}, []
    for given, path in zip(arguments, paths):
        name = given if path in seen or names.count(path.name) > 1 else path.name
        if name[:1] in ("=", "+", "-", "@", "\t", "\r"):  # or a spreadsheet would run it
            name = f"./{name}"
        if path in seen:
            place = None, f"given twice, see {seen[path]}"
        else:
            place = where_the_scripts_lie(path)
            seen[path] = name
        folders.append(Folder(name, given, *place))
    return folders


def where_the_scripts_lie(path):
    """(path, remark) of the scripts in a folder, or exactly one folder deeper."""
    try:
        inside = [one for one in sorted(path.iterdir()) if os.path.isdir(one)]
    except FileNotFoundError:
        return None, "there is no such folder"
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    for names in SCRIPTS[1:], SCRIPTS[:1]:  # dump.rdb last: a server may have left one anywhere
        for places in [path], inside:
            folders = [one for one in places if any(os.path.isfile(one / name) for name in names)]
            if len(folders) > 1:
                return None, f"has scripts in {len(folders)} folders"
            if folders:
                return folders[0], "" if places == [path] else f"in {folders[0].name}"
    return None, "has none of the scripts"


def judge_all(folders, prepare, jobs, show_running):
    """Judge folders, so many at a time; yield the Result of each as soon as it is there, and call
    show_running with the Results of those that are being judged, again and again. prepare(folder)
    gives the command that judges it, and an empty Result."""
    waiting, running = list(folders), []
    with contextlib.ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < jobs:
                command, result = prepare(waiting.pop(0))
                try:
                    if result.folder.path:
                        running.append(stack.enter_context(JudgeProcess(command, result)))
                        continue
                except OSError as error:  # there is no room for its files, say
                    result.break_off(f"The grader cannot begin: {error}")
                yield result
            for process in running:
                process.read()
            show_running([process.result for process in running])
            for process in [one for one in running if one.is_done()]:
                running.remove(process)
                yield process.end()
            time.sleep(0.1)


class JudgeProcess(contextlib.ExitStack):
    """A folder that is being judged, by a process of its own (judge.py), whose end ends all that it
    has begun."""

    def __init__(self, command, result):
        super().__init__()
        self.result, self.begin, self.rest = result, time.monotonic(), ""
        place = tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True)
        place = self.enter_context(place)
        events = Path(place, "events")
        output = self.enter_context(events.open("wb"))
        self.events = self.enter_context(events.open(encoding="utf-8"))
        console = Console(command, env={"TMPDIR": place}, cwd=OURS, stdout=output.fileno())
        self.console = self.enter_context(console)

    def read(self):
        """Take the events that are new."""
        *lines, self.rest = (self.rest + self.events.read()).split("\n")
        for line in lines:
            self.result.take(json.loads(line))

    def is_done(self):
        return self.console.status is not None or time.monotonic() > self.begin + LIMIT

    def end(self):
        """End it, and return its Result."""
        self.read()
        if self.console.status != 0 or not self.result.ended:
            self.result.break_off(f"The grader itself {self.what_happened()}")
        self.close()
        self.result.seconds = time.monotonic() - self.begin
        return self.result

    def what_happened(self):
        """Why a judge has not ended well."""
        status = self.console.status
        if status is None:
            return f"was not done after {LIMIT} s"
        if status < 0 or status > 128:
            return f"was killed by signal {abs(status) % 128}"
        return (self.console.stderr.strip().splitlines() or [f"ended with status {status}"])[-1]
