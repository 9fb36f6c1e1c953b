"""Task 1: connect, or say why not."""

from . import check
from .shared import CONNECTED, check_no_server
from .watching import console_shows, ends_on_interrupt


@check("says that it is connected")
def check_connected(stage):
    console = stage.run()
    console_shows(console, CONNECTED)
    ends_on_interrupt(console)


CHECKS = [check_no_server, check_connected]
