"""Task 3: the same as task 2, asynchronously."""

import pytest

from . import test_1_redis_op as task_2

SCRIPT = "2_redis_op_async.py"


def test_shows_the_transcript(run, server):
    task_2.test_shows_the_transcript(run, server, SCRIPT)


def test_shows_what_redis_holds(run, server):
    task_2.test_shows_what_redis_holds(run, server, SCRIPT)


@pytest.mark.strict
def test_shows_null_for_no_value(run, server):
    task_2.test_shows_a_value_as_node_does(run, server, None, "null", SCRIPT)


@pytest.mark.strict
def test_a_key_of_another_type_is_told_in_one_sentence(run, server):
    task_2.test_a_key_of_another_type_is_told_in_one_sentence(run, server, SCRIPT)
