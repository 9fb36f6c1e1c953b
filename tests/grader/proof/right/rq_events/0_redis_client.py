#!/usr/bin/env python3
"""Connect to the Redis server."""
from helpers import connect, create_client, quit_on_ctrl_c, stay_alive

quit_on_ctrl_c()
client = create_client()
connect(client)
stay_alive(client)
