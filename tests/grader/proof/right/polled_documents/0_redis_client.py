#!/usr/bin/env python3
"""Connects to Redis and says how it went."""
import signal
import sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))

from lib import connect, stay

connect()
stay()
