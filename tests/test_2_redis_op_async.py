"""Task 3: the same as task 2, with async and await. What they share is tested with task 2."""

import sys
import time

import pytest

from .course import OURS, transcript

SHOWN = transcript("2_redis_op_async")
# Runs the script, and then two of its functions at the same time.
PROGRAM = """
import asyncio, runpy, sys, time

def sleep(seconds):
    sys.exit("time.sleep was called: all functions would have to wait for it")

async def both():
    shown, was_set = script["display_school_value"]("Late"), script["set_new_school"]("Other", "7")
    await asyncio.gather(shown, was_set)
    await script["client"].aclose()

time.sleep = sleep
script = runpy.run_path("2_redis_op_async.py", run_name="__main__")
asyncio.run(both())
"""


@pytest.mark.fakeredis_only
def test_other_functions_run_while_one_waits_for_redis(server, proxy, start):
    """The script also closes its connection: PYTHONWARNINGS would show one that stays open."""
    server.client.set("Late", "100")
    proxy.before(b"GET", b"Late", lambda: time.sleep(0.5))
    env = {"PYTHONWARNINGS": "default::ResourceWarning"}
    program = start([sys.executable, "-c", PROGRAM], proxy.url, cwd=OURS, env=env)
    # The function that was called first has to wait, so it shows its value last.
    program.expect_end(SHOWN + SHOWN[2:])
