"""Task 3: the same as task 2, asynchronously."""

from . import test_1_redis_op as task_2

SCRIPT = "2_redis_op_async.py"


def test_shows_the_console_of_the_course(stage):
    task_2.test_shows_the_console_of_the_course(stage, SCRIPT)


def test_shows_what_redis_holds_and_answers(stage):
    task_2.test_shows_what_redis_holds_and_answers(stage, SCRIPT)
