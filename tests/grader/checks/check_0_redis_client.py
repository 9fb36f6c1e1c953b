"""Task 1: connect, or say why not."""

from .shared import CONNECTED, check_no_server  # noqa: F401 (a check of this script, too)
from .watching import console_shows, ends_on_interrupt


def check_connected(stage):
    """says that it is connected"""
    console = stage.run()
    console_shows(console, CONNECTED)
    ends_on_interrupt(console)
