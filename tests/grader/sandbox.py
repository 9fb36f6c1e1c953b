"""A world of its own for each folder that is judged, where the system allows it (Linux).

Its 127.0.0.1 is no other's, so that port 6379 is always free in it, and it ends with all that is
left in it. It needs no root: whoever starts it is root in there, and nowhere else.
"""

import subprocess

# What is judged is process 1 in there: with it, or with unshare, all the others end.
COMMAND = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--mount-proc"]
COMMAND += ["--kill-child", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def why_not():
    """Why the system does not allow it, or None: found out by trying."""
    try:
        done = subprocess.run([*COMMAND, "true"], capture_output=True, text=True, check=False)
    except OSError as error:
        return f"unshare: {error.strerror}"
    return None if done.returncode == 0 else (done.stderr.strip() or "unshare failed")
