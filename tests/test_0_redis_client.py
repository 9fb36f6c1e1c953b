"""Task 1: connect, or say why not."""

import pytest

from .checks import says_that_no_server_is_there
from .course import console_shows, interrupted, transcript

SCRIPT = "0_redis_client.py"


def test_says_that_no_server_is_there(stage):
    says_that_no_server_is_there(stage, SCRIPT)


def test_says_that_it_is_connected(stage):
    console = stage.run(SCRIPT)
    console_shows(console, transcript("0_redis_client"))
    interrupted(console)


@pytest.mark.strict
def test_says_why_as_node_redis_does(stage):
    says_that_no_server_is_there(stage, SCRIPT, exactly=True)
