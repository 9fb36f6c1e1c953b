"""Task 3: the same as task 2, asynchronously."""

import ast

from ..stage import compile_or_raise
from ..verdict import Wrong
from . import check_1_redis_op as task_2

SCRIPT = "2_redis_op_async.py"


def check_console(stage):
    """shows the console of the course, and stores the value"""
    task_2.check_console(stage, SCRIPT)


def check_replies(stage):
    """shows what Redis holds, and what it replies"""
    task_2.check_replies(stage, SCRIPT)


def check_await(stage):
    """uses async and await"""
    tree = ast.parse(compile_or_raise(stage.folder / SCRIPT))
    if not any(isinstance(node, ast.Await) for node in ast.walk(tree)):
        raise Wrong("awaits nothing: the course asks for async and await")
