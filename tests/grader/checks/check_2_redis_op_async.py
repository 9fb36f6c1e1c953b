"""Task 3: the same as task 2, asynchronously."""

from ..findings import Wrong
from . import check, check_1_redis_op


@check("uses async and await")
def check_await(stage):
    if not stage.uses_await():
        raise Wrong("awaits nothing: the course asks for async and await")


CHECKS = [*check_1_redis_op.CHECKS, check_await]
