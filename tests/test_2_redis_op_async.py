"""Task 3: the same as task 2, with async and await. What both share is tested with task 2's."""

import sys
import time

import pytest

from .course import OURS, transcript
from .harness.proxy import Proxy

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


@pytest.mark.one_server
def test_other_functions_run_while_one_waits_for_redis(server, start):
    server.client.set("Late", "100")
    with Proxy(server.port) as proxy:
        proxy.before(b"GET", b"Late", lambda: time.sleep(0.5))
        program = start([sys.executable, "-c", PROGRAM], proxy.url, cwd=OURS)
        # The function that was called first has to wait, and shows its value last.
        program.expect_end(SHOWN + SHOWN[2:])


@pytest.mark.one_server
def test_closes_its_connection(run):
    """Python can warn of a connection that is still open at the end."""
    run("2_redis_op_async", env={"PYTHONWARNINGS": "default::ResourceWarning"}).expect_end(SHOWN)
