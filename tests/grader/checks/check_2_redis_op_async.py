"""Task 3: the same as task 2, asynchronously."""

import ast

from ..verdict import Wrong
from . import check_1_redis_op as task_2

SCRIPT = "2_redis_op_async.py"


def check_shows_the_console_of_the_course(stage):
    task_2.check_shows_the_console_of_the_course(stage, SCRIPT)


def check_shows_what_redis_holds_and_answers(stage):
    task_2.check_shows_what_redis_holds_and_answers(stage, SCRIPT)


def check_uses_async_and_await(stage):
    tree = ast.parse((stage.folder / SCRIPT).read_bytes())
    if not any(isinstance(node, ast.Await) for node in ast.walk(tree)):
        raise Wrong("awaits nothing: the course asks for async and await")
