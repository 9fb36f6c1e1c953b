"""Task 3: the same as task 2, with async and await. What both share is tested with task 2's."""

import inspect
import runpy

import redis.asyncio

from .course import OURS, transcript


def test_shows_the_transcript(run):
    script = run("2_redis_op_async", screen=True)
    assert script.wait_exit() == 0
    assert script.lines == transcript("2_redis_op_async")


def test_its_functions_wait_without_blocking(server, monkeypatch, capsys):
    """The script is run in this process, so that one can look at what is in it."""
    monkeypatch.setenv("REDIS_URL", server.url)
    script = runpy.run_path(str(OURS / "2_redis_op_async.py"), run_name="__main__")
    assert capsys.readouterr().out.splitlines() == transcript("2_redis_op_async")
    for name in "set_new_school", "display_school_value":
        assert inspect.iscoroutinefunction(script[name])
    assert isinstance(script["client"], redis.asyncio.Redis)
