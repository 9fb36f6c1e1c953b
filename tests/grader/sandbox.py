"""The sandbox for the scripts of a folder, where the system allows one (Linux).

The process that checks a folder is process 1 in namespaces of its own: port 6379 of its 127.0.0.1
is always free, and all that scripts started ends with it. There, the system is read-only; /tmp is
empty, and so are the folders where people keep their files. This needs no root. Scripts run without
any right to change it; if the grader runs as root, they run as the user `nobody`.
"""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

from ..course import OURS
from ..harness.servers import REDIS_SERVER

UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]
MOUNT = os.path.realpath(shutil.which("mount") or "mount")  # links to it may be hidden
NO_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
NOBODY = 65534
AS_NOBODY = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
KEPT = "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TERM"  # the environment variables scripts need
STORE = Path("/mnt")  # for what is needed later; nobody can change it then
PRIVATE = "/tmp", "/var/tmp", "/root", "/home", "/dev/shm"

# From the kernel's headers: no command makes all mounts read-only at once.
MOUNT_SETATTR, HERE, RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1
SET_INTERFACE_FLAGS, UP = 0x8914, 0x1
SET_DUMPABLE = 4


def command():
    """Try to create such namespaces. Return (the words that run a command in them, None) or, if
    that fails, ([], the reason)."""
    ways = [UNSHARE] if os.geteuid() == 0 else []
    for way in [*ways, [UNSHARE[0], "--user", "--map-root-user", *UNSHARE[1:]]]:
        words = [*way, sys.executable, "-E", "-m", __name__]
        try:
            done = subprocess.run(words, cwd=OURS, capture_output=True, text=True, check=False)
        except OSError as error:
            return [], f"unshare: {error.strerror}"
        if done.returncode == 0:
            return way, None
    return [], (done.stderr.strip() or "unshare failed").splitlines()[-1]


def is_entered():
    return os.getpid() == 1


def enter(copy_to_store, others=()):
    """Lock this process in. copy_to_store(STORE) is called first, to copy what is needed later.
    others: more folders that scripts must not see."""
    set_up_loopback()
    mount("-t", "tmpfs", "-o", "mode=711", "tmpfs", STORE)
    copy_to_store(STORE)
    kept = {path: STORE / f"kept-{number}" for number, path in enumerate(needed())}
    for path, place in kept.items():
        place.mkdir()
        mount("--rbind", path, place)
    make_read_only("/")
    hidden = [str(OURS), *PRIVATE, *map(str, others)]
    hidden = [path for path in hidden if os.path.isdir(path) and not os.path.islink(path)]
    for path in [path for path in hidden if not is_inside(path, hidden)]:
        mode = 1777 if path in PRIVATE else 755
        mount("-t", "tmpfs", "-o", f"mode={mode},size=512m", "tmpfs", path)
    for path, place in kept.items():
        if not os.path.isdir(path) or is_inside(path, hidden):
            os.makedirs(path, exist_ok=True)
            mount("--rbind", place, path)
    os.chdir("/")


def needed():
    """Return the folders without which no script can run."""
    folders = [sys.prefix, sys.base_prefix, *sys.path, *os.environ["PATH"].split(os.pathsep)]
    python = sys.executable
    while os.path.islink(python):  # each link of the chain must be there
        python = os.path.join(os.path.dirname(python), os.readlink(python))
        folders.append(os.path.dirname(python))
    folders.append(os.path.dirname(os.path.realpath(REDIS_SERVER)) if REDIS_SERVER else "")
    folders = {os.path.realpath(path) for path in folders if os.path.isdir(path)} - {str(OURS)}
    return sorted(path for path in folders if not is_inside(path, folders))


def is_inside(path, folders):
    return any(path.startswith(f"{folder.rstrip('/')}/") for folder in folders)


def mount(*arguments):
    words = [MOUNT, *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip() or "mount failed")


def make_read_only(path):
    """Make the mount at a path, and all mounts below it, read-only."""
    attributes = struct.pack("=4Q", READ_ONLY, 0, 0, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = MOUNT_SETATTR, HERE, path.encode(), RECURSIVE, attributes, len(attributes)
    if libc.syscall(*map(as_argument, arguments)):
        raise OSError(f"{path} cannot be made read-only: {os.strerror(ctypes.get_errno())}")


def as_argument(value):
    return ctypes.c_long(value) if isinstance(value, int) else value


def set_up_loopback():
    with socket.socket() as any_socket:
        request = struct.pack("16sh14x", b"lo", UP)
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, request)


def keep_out():
    """Keep scripts from opening what this process has open, such as the pipe for its findings."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_DUMPABLE, 0)


def rights():
    """Return the words to put before a script's command, which take all rights from it."""
    if not shutil.which(NO_RIGHTS[0]):
        return []
    as_nobody = [*NO_RIGHTS, *AS_NOBODY]
    if os.geteuid() == 0 and has_other_users() and (is_entered() or can_run(as_nobody)):
        return as_nobody
    return NO_RIGHTS if is_entered() else []


def can_run(words):
    """Return whether Python and its libraries work with these words before the command."""
    command = [*words, sys.executable, "-E", "-c", "import redis"]
    return subprocess.run(command, cwd="/", capture_output=True, check=False).returncode == 0


def has_other_users():
    """Return whether root can become another user here: not if a user namespace has only one."""
    return Path("/proc/self/uid_map").read_text().split()[2] != "1"


if __name__ == "__main__":
    try:
        enter(lambda store: None)
        sys.exit(0 if can_run(rights()) else "scripts cannot run in it")
    except OSError as failure:
        sys.exit(str(failure))
