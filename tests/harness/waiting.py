"""Waiting for what happens in another process.

A limit counts the time in which it could have happened and did not: while a process that was
started here runs, or waits for the processor, the clock stands still. Nor does it count what this
process itself has to wait for the processor. So a busy machine takes longer, and finds the same.
"""

import contextlib
import time

import psutil

PATIENCE = 10  # seconds
LOOK = 0.01  # seconds between two looks at what is waited for


class Clock:
    """What is left of so many seconds."""

    def __init__(self, seconds):
        self.left, self.standstill = seconds, 1 + 3 * seconds  # an endless loop works, too
        self.count, self.stands_still, self.last = 0, False, time.monotonic()

    def has_time(self):
        """To be called at each look: whether there is still time."""
        if self.count % 10 == 0:
            self.stands_still = at_work()
        now = time.monotonic()
        passed, self.last = min(now - self.last, 2 * LOOK), now
        self.count += 1
        if self.stands_still and self.standstill > 0:
            self.standstill -= passed
        else:
            self.left -= passed
        return self.left > 0


def at_work():
    """Whether a process that this one has started runs, or waits for the processor."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP):
                return True
    return False


def wait_until(ready, timeout=PATIENCE, what="", seen=lambda: ""):
    """Wait until ready() is true, and return what it returns.

    Raises TimeoutError, which says what was waited for and what seen() tells instead.
    """
    clock = Clock(timeout)
    while not (answer := ready()):
        if not clock.has_time():
            instead = f"; seen: {text}" if (text := seen()) else ""
            raise TimeoutError(f"after {timeout:.0f} s, not yet: {what or ready}{instead}")
        time.sleep(LOOK)
    return answer
