"""Task 3: the same as task 2, asynchronously."""

from ..verdict import Wrong
from .check_1_redis_op import check_console, check_replies  # noqa: F401 (made here, too)


def check_await(stage):
    """uses async and await"""
    if not stage.awaits():
        raise Wrong("awaits nothing: the course asks for async and await")
