"""Which folders are checked, and the processes that check them, one for each folder."""

import contextlib
import filecmp
import hashlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from ..course import OURS, TASKS
from ..harness.console import Console
from .hints import other_name_of
from .sandbox import KEPT
from .stage import files_in, is_no_submission

SCRIPTS = [task.script for task in TASKS]
ARCHIVES = ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"
DEPTH = 3  # how many folders deep to look for scripts
LIMIT = 900  # seconds for a folder; one in which every script hangs takes 100


class Folder(NamedTuple):
    """name: what all output calls it. given: as typed on the command line. path: the folder with
    the scripts, or None. remark: why there is none, or where the scripts are. status: the status of
    each script if there is no path."""

    name: str
    given: str
    path: Path | None
    remark: str
    status: str = "missing"


def folders_of(arguments):
    """Return the Folders of the command line, each only once, sorted by name. Where two would have
    the same name, what was typed is the name."""
    typed, folders = {}, []
    for argument in arguments:
        typed.setdefault(Path(os.path.realpath(argument)), argument)
    names = [path.name for path in typed]
    for path, given in typed.items():
        name = given if names.count(path.name) > 1 else path.name
        if name[:1] in ("=", "+", "-", "@", "\t", "\r"):  # a spreadsheet would run it
            name = f"./{name}"
        folders.append(find_scripts(name, given, path))
    return sorted(folders, key=lambda folder: folder.name)


def find_scripts(name, given, path):
    """Look for the scripts in a folder, and up to DEPTH folders deeper; return a Folder."""
    try:
        os.listdir(path)
    except FileNotFoundError:
        return Folder(name, given, None, "there is no such folder")
    except NotADirectoryError:
        what = "is an archive: unpack it" if path.suffix.lower() in ARCHIVES else "is not a folder"
        return Folder(name, given, None, what, "not run")
    except OSError as error:
        return Folder(name, given, None, f"cannot be read: {error.strerror}", "not run")
    level = [path]
    for _ in range(DEPTH + 1):
        # Look for dump.rdb last: a server may have left one anywhere.
        for wanted in SCRIPTS[1:], SCRIPTS[:1]:
            found = [folder for folder in level if has_any(folder, wanted)]
            if len(found) == 1:
                return Folder(name, given, found[0], remark_on(found[0], path))
            if found:
                return Folder(name, given, None, several(found, given), "not run")
        level = [inner for folder in level for inner in inner_folders(folder)]
    archives = [file for file in os.listdir(path) if Path(file).suffix.lower() in ARCHIVES]
    remark = f"has only an archive: unpack {archives[0]}" if archives else "has none of the scripts"
    return Folder(name, given, None, remark)


def has_any(folder, scripts):
    return any((folder / name).is_file() for name in scripts) or any(
        other_name_of(name, folder) for name in scripts if name.endswith(".py")
    )


def inner_folders(folder):
    with contextlib.suppress(OSError):
        inner = [path for path in sorted(folder.iterdir()) if path.is_dir()]
        return [path for path in inner if not is_no_submission(path) and path != OURS]
    return []


def several(found, given):
    names = ", ".join(folder.name for folder in found[:3])
    more = ", ..." if len(found) > 3 else ""
    text = f"has scripts in {len(found)} folders ({names}{more})"
    return f"{text}; to check each, type {given.rstrip('/')}/*"


def remark_on(folder, path):
    """Say where the scripts are, and how many are this project's own."""
    same = [name for name in SCRIPTS[1:] if is_ours(folder / name)]
    where = "" if folder == path else f"in {os.path.relpath(folder, path)}"
    are = "is" if len(same) == 1 else "are"
    own = f"{len(same)} of its scripts {are} this project's own, byte for byte" if same else ""
    return "; ".join(filter(None, [where, own]))


def is_ours(path):
    with contextlib.suppress(OSError):
        return filecmp.cmp(path, OURS / path.name, shallow=False)  # False for a pipe, say
    return False


def digest_of(folder):
    """Return a hash of a folder's files: it changes if any of them does."""
    digest = hashlib.sha256()
    for path in files_in(folder.path or folder.given):
        digest.update(os.fsencode(path))
        with contextlib.suppress(OSError):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Judges:
    """Runs the processes that check folders (judge.py), at most `jobs` at a time. Use it in a
    `with` statement: at its end, all are killed."""

    def __init__(self, prefix, options, jobs):
        self.prefix, self.options = prefix, options
        self.consoles, self.pool = [], ThreadPoolExecutor(jobs)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.pool.shutdown(wait=False, cancel_futures=True)
        for console in self.consoles:
            console.signal(signal.SIGKILL)
        self.pool.shutdown()

    def check(self, results):
        """Check the folders of these Results; yield each Result as soon as it is complete."""
        work = [self.pool.submit(self.check_folder, result) for result in results]
        for done in as_completed(work):
            yield done.result()

    def check_folder(self, result):
        begin = time.monotonic()
        try:
            if result.folder.path:
                self.read_events(result)
        except OSError as error:  # for example, the disk is full
            result.break_off(f"The grader cannot start: {error}")
        result.seconds = time.monotonic() - begin
        return result

    def command(self, result):
        around = str(Path(os.path.realpath(result.folder.given)).parent)  # with others' folders
        hidden = [] if around in ("/", "/usr") else [around]
        judge = [*self.prefix, sys.executable, "-m", "tests.grader.judge", *self.options]
        judge += ["--folder", str(result.folder.path), "--scripts", ",".join(result.scripts)]
        return [*judge, "--hide", *hidden]

    def read_events(self, result):
        """Run the process that checks a folder, and add the events that it prints to the result."""
        reader, writer = os.pipe()
        with (
            tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True) as place,
            open(reader, encoding="utf-8") as events,
            Console(
                self.command(result), env={"TMPDIR": place}, only=KEPT, cwd=OURS,
                stdout=writer,
            ) as console,
        ):  # fmt: skip
            self.consoles.append(console)
            os.close(writer)
            timer = threading.Timer(LIMIT, console.signal, [signal.SIGKILL])
            timer.daemon = True  # lets this process end if stdout is closed
            timer.start()
            for line in events:
                result.take(json.loads(line))
            console.wait_exit()
            if console.status != 0 or not result.ended:
                why = what_happened(console, timer.is_alive())
                result.break_off(f"The grader itself failed: {why}", console.stderr)
            timer.cancel()


def what_happened(console, in_time):
    """Return why a process that checks a folder ended before it was done."""
    status = console.status or 0
    if not in_time:
        return f"did not finish within {LIMIT} s"
    if status < 0 or status > 128:
        return f"was killed by signal {abs(status) % 128}"
    return (console.stderr.strip().splitlines() or [f"ended with status {status}"])[-1]


def file_name(name):
    """Turn a folder's name into the name of its result files (without a suffix)."""
    return re.sub(r"[/\0]", "_", name.removeprefix("./")) or "_"
