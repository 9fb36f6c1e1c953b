"""The folders that are judged: which they are, and each by a process of its own."""

import json
import os
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from ..course import OURS
from ..harness.console import Console
from .results import SCRIPTS, Folder

LIMIT = 900  # seconds that a folder may take; one in which every script hangs takes 100


def folders_of(arguments):
    """The folders of the command line, each once and with a name of its own: where two would have
    the same, it is what was typed."""
    typed, folders = {}, []
    for argument in arguments:
        typed.setdefault(Path(os.path.realpath(argument)), argument)
    names = [path.name for path in typed]
    for path, given in typed.items():
        name = given if names.count(path.name) > 1 else path.name
        if name[:1] in ("=", "+", "-", "@", "\t", "\r"):  # or a spreadsheet would run it
            name = f"./{name}"
        folders.append(Folder(name, given, *where_the_scripts_lie(path)))
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


def judge_all(folders, prepare, jobs, show_found):
    """Judge folders, so many at a time; yield the Result of each as soon as it is there, and call
    show_found(result, finding) meanwhile. prepare(folder) gives the command that judges it, and an
    empty Result. Whatever happens here, nothing that was begun goes on."""
    consoles = []
    pool = ThreadPoolExecutor(jobs)
    try:
        work = [pool.submit(judge, *prepare(one), consoles, show_found) for one in folders]
        for done in as_completed(work):
            yield done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for console in consoles:
            console.signal(signal.SIGKILL)
        pool.shutdown()


def judge(command, result, consoles, show_found):
    """Judge a folder by a process of its own (judge.py), whose end ends all that it has begun."""
    begin = time.monotonic()
    try:
        if result.folder.path:
            read_events(command, result, consoles, show_found)
    except OSError as error:  # there is no room for its files, say
        result.break_off(f"The grader cannot begin: {error}")
    result.seconds = time.monotonic() - begin
    return result


def read_events(command, result, consoles, show_found):
    """Run the process that judges a folder, and take the events that it prints."""
    reader, writer = os.pipe()
    with (
        tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True) as place,
        open(reader, encoding="utf-8") as events,
        Console(command, env={"TMPDIR": place}, cwd=OURS, stdout=writer) as console,
    ):
        consoles.append(console)
        os.close(writer)
        timer = threading.Timer(LIMIT, console.signal, [signal.SIGKILL])
        timer.daemon = True  # if nobody reads what is shown any more, this process can end
        timer.start()
        for line in events:
            if finding := result.take(json.loads(line)):
                show_found(result, finding)
        console.wait_exit()
        if console.status != 0 or not result.ended:
            why = what_happened(console, timer.is_alive())
            result.break_off(f"The grader itself {why}", console.stderr)
        timer.cancel()


def what_happened(console, in_time):
    """Why a process that judges has not ended well."""
    status = console.status or 0
    if not in_time:
        return f"was not done after {LIMIT} s"
    if status < 0 or status > 128:
        return f"was killed by signal {abs(status) % 128}"
    return (console.stderr.strip().splitlines() or [f"ended with status {status}"])[-1]
