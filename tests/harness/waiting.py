"""Waiting for what happens in another process."""

import time

PATIENCE = 30  # seconds: on a busy machine, a script may take ten to start


def wait_until(ready, timeout=PATIENCE, what=""):
    """Wait until ready() is true, and return what it returns. Raises TimeoutError."""
    end = time.monotonic() + timeout
    while not (answer := ready()):
        if time.monotonic() > end:
            raise TimeoutError(f"not in {timeout:.0f} s: {what or ready}")
        time.sleep(0.01)
    return answer
