#!/usr/bin/env python3
"""Basic operations with callbacks."""
import os
import signal
signal.signal(signal.SIGINT, lambda *_: os._exit(0))   # though a thread may be waiting

from lib import connect, line, say, send, show, stay

client = connect()


def setNewSchool(schoolName, value):
    send(show, client.set, schoolName, value)


def displaySchoolValue(schoolName):
    send(lambda error, reply: say(error or reply), client.get, schoolName)


displaySchoolValue("Holberton")
setNewSchool("HolbertonSanFrancisco", "100")
displaySchoolValue("HolbertonSanFrancisco")
line.shutdown()
stay()
