"""Task 1: connect, or say why not."""

from .shared import CONNECTED, says_that_no_server_is_there
from .watching import console_shows, ends_on_interrupt


def check_no_server(stage):
    """says so when no server is there"""
    says_that_no_server_is_there(stage)


def check_connected(stage):
    """says that it is connected"""
    console = stage.run()
    console_shows(console, CONNECTED)
    ends_on_interrupt(console)
