"""One clock for all waiting for other processes.

Timeouts count idle time: while a child process runs or waits for a CPU, the clock is paused. Nor
does it count the time in which this process itself waits for a CPU. So a busy machine takes longer,
with the same outcome.
"""

import contextlib
import time

import psutil

PATIENCE = 10  # seconds
LOOK = 0.01  # seconds between two looks at what is waited for
LOOKS_PER_CHECK = 10  # so often, a clock looks whether a child is at work
LONGEST_STEP = 2 * LOOK  # counted from one look to the next; if more went by, the CPU was busy


class Clock:
    """What is left of so many seconds."""

    def __init__(self, seconds):
        self.left = seconds
        self.longest_pause = 1 + 3 * seconds  # a busy loop must time out, too
        self.looks, self.is_paused, self.last = 0, False, time.monotonic()

    def has_time(self):
        """Call this at each look: it returns whether there is still time."""
        if self.looks % LOOKS_PER_CHECK == 0:
            self.is_paused = at_work()
        now = time.monotonic()
        passed, self.last = min(now - self.last, LONGEST_STEP), now
        self.looks += 1
        if self.is_paused and self.longest_pause > 0:
            self.longest_pause -= passed
        else:
            self.left -= passed
        return self.left > 0


def at_work():
    """Return whether a child process runs or waits for a CPU."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP):
                return True
    return False


def wait_until(ready, timeout=PATIENCE, what="", seen=lambda: ""):
    """Wait until ready() is true, and return what it returns.

    Raises TimeoutError, with what was waited for and what seen() returns instead.
    """
    clock = Clock(timeout)
    while not (answer := ready()):
        if not clock.has_time():
            instead = f"; seen: {text}" if (text := seen()) else ""
            raise TimeoutError(f"after {timeout:.0f} s, not yet: {what or ready}{instead}")
        time.sleep(LOOK)
    return answer
