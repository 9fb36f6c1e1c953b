"""A world of its own for each folder that is judged, where the system allows it (Linux).

Its 127.0.0.1 is no other's, so that port 6379 is always free in it, and it ends with all that is
left in it. It needs no root: whoever starts it is root in there, and nowhere else. One who is root
stays it, without `--user`, which would take the right to read others' private files.
"""

import os
import subprocess

# What is judged is process 1 in there: with it, or with unshare, all the others end.
WORLD = ["--net", "--pid", "--fork", "--mount-proc", "--kill-child"]
WORLD += ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def command(files):
    """(the words before a command that is run in such a world, None), or ([], why there is none).
    Found out by trying: these files must be readable in there."""
    ways = [["unshare", *WORLD]] if os.geteuid() == 0 else []
    for way in [*ways, ["unshare", "--user", "--map-root-user", *WORLD]]:
        words = [*way, "cat", "--", "/dev/null", *map(str, files)]
        try:
            done = subprocess.run(
                words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
            )
        except OSError as error:
            return [], f"unshare: {error.strerror}"
        if done.returncode == 0:
            return way, None
    return [], (done.stderr.strip() or "unshare failed").splitlines()[-1]
