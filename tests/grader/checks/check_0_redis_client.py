"""Task 1: connect, or say why not."""

import pytest

from .shared import CONNECTED, says_that_no_server_is_there
from .watching import console_shows, interrupted

SCRIPT = "0_redis_client.py"


def check_says_that_no_server_is_there(stage):
    says_that_no_server_is_there(stage, SCRIPT)


def check_says_that_it_is_connected(stage):
    console = stage.run(SCRIPT)
    console_shows(console, CONNECTED)
    interrupted(console)


@pytest.mark.strict
def check_says_why_as_node_redis_does(stage):
    says_that_no_server_is_there(stage, SCRIPT, exactly=True)
