"""Proves the grader: wrong solutions fail, each at its own task; right ones of other makes pass;
and what else the README says of it is so.

A wrong solution is our ten scripts with one edit, which is made when the test runs. The first lines
of the reports, and some whole reports, are in reports.txt, so that a change of their words is seen
in review. `python -m tests.test_grader` writes that file anew.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import psutil
import pytest

from .course import HERE, OURS, TASKS, transcript
from .servers import REDIS_SERVER

pytestmark = pytest.mark.long

RIGHT = HERE / "right"
GOLDEN = HERE / "reports.txt"
SCRIPTS = [task.script for task in TASKS if task.script.endswith(".py")]
HIGHEST = 40  # lines of a report: a screen


# How an edit is made: a function from a script's text to that of the wrong one.


def swap(old, new, times=-1):
    def edit(text):
        assert old in text, f"the script has no {old!r}"
        return text.replace(old, new, times)

    return edit


def first(line):
    """With a line more after the imports, before the script connects."""
    imports = re.compile(r"\A.*^(?:import|from) [^\n]*\n", re.DOTALL | re.MULTILINE)
    return lambda text: imports.sub(lambda found: f"{found[0]}\n{line}\n", text)


def last(line):
    return lambda text: f"{text}{line}\n"


def both(*edits):
    def edit(text):
        for one in edits:
            assert one(text) != text
            text = one(text)
        return text

    return edit


def instead(body):
    """Nothing of ours but the beginning, where the script connects and says so."""
    return lambda text: f"{START}{body}\n"


START = """import json, os, re, signal, sys, threading, time
import redis
import rq

url = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"
client = redis.from_url(url, protocol=2, decode_responses=True)
try:
    client.ping()
except redis.ConnectionError as error:
    print(f"Redis client not connected to the server: {error}", flush=True)
    sys.exit(1)
"""


def canned(name, pause=0.0, end=""):
    """Prints the transcript, and asks nothing of Redis but whether it is there."""
    lines = transcript(name)
    if not pause:
        return instead(f"print({chr(10).join(lines)!r}, flush=True)\n{end}")
    return instead(
        f"for line in {lines!r}:\n    print(line, flush=True)\n    time.sleep({pause})\n{end}"
    )


def blind(name, end=""):
    """Prints the transcript, whether Redis is there or not."""
    return lambda text: f"print({chr(10).join(transcript(name))!r}, flush=True)\n{end}\n"


def waits_for_a_job(queue, name):
    """Prints the transcript as soon as there is a job."""
    key = f"rq:queue:{queue}"
    return instead(
        f"while not client.llen({key!r}):\n    time.sleep(0.02)\n"
        f"print({chr(10).join(transcript(name))!r}, flush=True)\nsignal.pause()"
    )


# What many edits have to do with.

URL = 'os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379"'
CONNECTED = 'print("Redis client connected to the server", flush=True)'
REFUSED = 'print(f"Redis client not connected to the server: Error: {reason(error)}", flush=True)'
DECODE = "decode_responses=True, "
REPLY = "{'OK' if reply is True else reply}"
NAME = "name if name.isascii() and name.isidentifier() else repr(name)"
HGETALL = 'console_log(client.hgetall("HolbertonSchools"))\n'
HSET = '    redis_print(client.hset("HolbertonSchools", school, value))\n'
ALL_HSET = f"for school, value in schools.items():\n{HSET}"
GET = 'display_school_value("HolbertonSanFrancisco")\n'
SET = "redis_print(client.set(school_name, value))"
AWAIT_SET = "redis_print(await client.set(school_name, value))"
SET_SCHOOL = 'set_new_school("HolbertonSanFrancisco", "100")'
MESSAGE = 'print(event["data"], flush=True)'
KILL = 'if event["data"] == "KILL_SERVER":'
LISTEN = "for event in subscription.listen():"
ABOUT = 'print(f"About to send {message}", flush=True)'
PUBLISH = '        client.publish("holberton school channel", message)\n'
TIMER = "timers.enter(time / 1000, 1, send)"
COUNTED = 'str(client.incr("rq:ids"))'
CREATED = 'print(f"Notification job created: {job.id}", flush=True)\n'
RESULT = 'while job.get_status() in ("queued", "started"):'
COMPLETED = "'completed' if job.is_finished else 'failed'"
SEND = 'print(f"Sending notification to {phone_number}, with message: {message}", flush=True)'
WORK = 'worker.work(logging_level="ERROR")'
PROGRESS = 'job.meta.get("progress", [])[printed:]'
PERCENT = 'print(f"Notification job {job.id} {percent}% complete", flush=True)'
FINISHED = 'if status == "finished":'
FAILED = "failed: {line.partition(': ')[2] or line}"
FOLLOW = "while waiting:"
BLACK = "if phone_number in blacklisted_numbers:"
POOL = "WorkerPool(\n"
PAUSE = "__import__('signal').pause()"
STUCK = "os.system('sleep 1000')"  # no time limit of RQ's ends it

# Kinds of mistakes that any script can have.
SYNTAX = swap("import os\n", "import os\nprint('begins'\n", 1)
RAISES = last("undefined_name")
BLANK = swap('to the server"', 'to the server "')

# By script: what is wrong, and the edit.
WRONG = {
    "0_redis_client.py": {
        "connected misspelt": swap("client connected to the server", "client connected to server"),
        "nothing said of a connection": swap(CONNECTED, "pass"),
        "connected said on stderr": swap(CONNECTED, CONNECTED[:-1] + ", file=sys.stderr)"),
        "a trailing blank": BLANK,
        "no newline at the end": swap(CONNECTED, CONNECTED[:-1] + ', end="")'),
        "a carriage return": swap(CONNECTED, CONNECTED[:-1] + r', end="\r\n")'),
        "connected said twice": swap(CONNECTED, f"{CONNECTED}\n            {CONNECTED}"),
        "not connected misspelt": swap("client not connected", "client is not connected"),
        "not connected without a reason": swap(" Error: {reason(error)}", ""),
        "not connected said on stderr": swap(REFUSED, REFUSED[:-1] + ", file=sys.stderr)"),
        "connected before it asks": swap("for pause in", f"{CONNECTED}\n    for pause in"),
        "no word of an error": swap(REFUSED, "pass"),
        "an error that nobody catches": swap(
            f"connect({URL})", f"redis.from_url({URL})\nclient.ping()\n{CONNECTED}"
        ),
        "exit status 3": last("sys.exit(3)"),
        "hangs": first("__import__('signal').sigwait([10])"),
        "stays on ^C": last(
            "import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True:\n    signal.pause()"
        ),
        "a word on ^C": last(
            "import signal\nsignal.signal(2, lambda *_: print('Bye') or os._exit(0))\n"
            "signal.pause()"
        ),
        "floods": first("while True:\n    print('x' * 1000)"),
        "binary": first("os.write(1, bytes(range(256)))"),
        "a SyntaxError": SYNTAX,
        "a null byte": last("\0"),
        "raises": RAISES,
        "another port": swap(URL, '"redis://127.0.0.1:1"'),
        "empty": lambda text: "",
        "canned": blind("0_redis_client"),
    },
    "1_redis_op.py": {
        "OK for Reply: OK": swap(f"Reply: {REPLY}", REPLY),
        "True for OK": swap(REPLY, "{reply}"),
        "bytes for strings": swap(DECODE, ""),
        "another key": swap('"HolbertonSanFrancisco", "100"', '"HolbertonSF", "100"'),
        "another value": swap('"100"', '"101"'),
        "a value printed by hand": swap('display_school_value("Holberton")', 'print("School")'),
        "the second value by hand": swap("\n" + GET, '\nprint("100")\n'),
        "the value kept from the set": both(
            swap(SET, f"kept.append(value)\n    {SET}"),
            swap("def set_new", "kept = []\n\n\ndef set_new"),
            swap("\n" + GET, "\nprint(kept[0])\n"),
        ),
        "a reply printed by hand": swap(
            SET, "print('Reply: OK')\n    client.set(school_name, value)"
        ),
        "a value never set": swap(SET, "print('Reply: OK')"),
        "set in a thread": both(
            swap(SET, f"threading.Thread(target=lambda: {SET}).start()"),
            swap("import sys", "import sys\nimport threading"),
        ),
        "a call left out": swap("\n" + GET, "\n"),
        "gets before it sets": swap(f"{SET_SCHOOL}\n{GET}", f"{GET}{SET_SCHOOL}\n"),
        "a list at the key": last(
            'client.delete("HolbertonSanFrancisco")\nclient.rpush("HolbertonSanFrancisco", 100)'
        ),
        "a trailing blank": swap(REPLY, f"{REPLY} "),
        "raises at its end": RAISES,
        "canned": canned("1_redis_op"),
    },
    "2_redis_op_async.py": {
        "nothing awaited": lambda _: (OURS / "1_redis_op.py").read_text(),
        "not awaited": swap("value = await client.get", "value = client.get"),
        "all at once": swap(
            f"    await {SET_SCHOOL}\n    await {GET}",
            f"    await asyncio.gather({SET_SCHOOL},\n        {GET.strip()})\n",
        ),
        "the set not awaited": both(
            swap(f"await {SET_SCHOOL}", f"later = asyncio.create_task({SET_SCHOOL})"),
            swap("    await client.aclose()", "    await later\n    await client.aclose()"),
        ),
        "a line too many": last("print('done')"),
        "a value printed by hand": swap(
            'await display_school_value("Holberton")', 'print("School")'
        ),
        "a reply printed by hand": swap(
            AWAIT_SET, "print('Reply: OK')\n    await client.set(school_name, value)"
        ),
        "another key": swap('set_new_school("HolbertonSanFrancisco"', 'set_new_school("Holberton"'),
        "bytes for strings": swap(DECODE, ""),
        "a SyntaxError": SYNTAX,
        "canned": canned("2_redis_op_async"),
    },
    "4_redis_advanced_op.py": {
        "Python's dict": swap(
            'print("{", ",\\n".join(lines), "}", sep="\\n", flush=True)', "print(fields)"
        ),
        "names all quoted": swap(NAME, "repr(name)"),
        "no name quoted": swap(NAME, "name"),
        "double quotes": both(
            swap("repr(name)", "f'\"{name}\"'"),
            swap('f"  {name}: {value!r}"', "f'  {name}: \"{value}\"'"),
        ),
        "no quotes around values": swap("{value!r}", "{value}"),
        "a comma after the last": swap('.join(lines), "}"', '.join(lines) + ",", "}"'),
        "four blanks before a field": swap('f"  {name}', 'f"    {name}'),
        "a field left out": swap('"Cali": 40, ', ""),
        "another value": swap('"Bogota": 20', '"Bogota": 30'),
        "another hash": swap('"HolbertonSchools"', '"HolbertonSchool"'),
        "sorted": swap("zip(names, fields.values())", "sorted(zip(names, fields.values()))"),
        "replies all 1": swap(REPLY, "1"),
        "replies printed by hand": swap(
            HSET, '    print("Reply: 1")\n    client.hset("HolbertonSchools", school, value)\n'
        ),
        "one HSET for all": swap(
            ALL_HSET, 'redis_print(client.hset("HolbertonSchools", mapping=schools))\n'
        ),
        "one HSET, and six replies": swap(
            ALL_HSET,
            'client.hset("HolbertonSchools", mapping=schools)\nprint("Reply: 1\\n" * 6, end="")\n',
        ),
        "its own object printed": swap(
            HGETALL, "console_log({name: str(value) for name, value in schools.items()})\n"
        ),
        "the hash deleted first": swap(
            "for school, value", 'client.delete("HolbertonSchools")\nfor school, value'
        ),
        "shown before it is stored": both(
            swap(HGETALL, ""), swap("for school, value", f"{HGETALL}for school, value")
        ),
        "a string at the key": last('client.set("HolbertonSchools", "all")'),
        "raises": first("redis.no_such_name"),
        "canned": canned("4_redis_advanced_op"),
    },
    "5_subscriber.py": {
        "wrong channel": swap('"holberton school channel"', '"holberton channel"'),
        "all channels": both(
            swap('subscribe("holberton school channel")', 'psubscribe("*")'),
            swap('== "message"', '== "pmessage"'),
            swap("unsubscribe()", "punsubscribe()"),
        ),
        "unsubscribes too early": swap(KILL, 'if event["data"]:'),
        "quits on part of the word": swap(KILL, 'if "KILL_SERVER" in event["data"]:'),
        "quits in any case": swap(KILL, 'if event["data"].upper() == "KILL_SERVER":'),
        "never quits": swap(KILL, 'if not event["data"]:'),
        "KILL_SERVER not shown": swap(MESSAGE, f'event["data"] == "KILL_SERVER" or {MESSAGE}'),
        "unsubscribes and stays": last("signal.pause()"),
        "quits without unsubscribing": swap("            subscription.unsubscribe()\n", ""),
        "quits with status 1": swap("subscription.unsubscribe()", "sys.exit(1)"),
        "no word of no server": swap(REFUSED, "pass"),
        "not connected misspelt": swap("not connected to the server", "not connected to server"),
        "messages as dicts": swap(MESSAGE, "print(event, flush=True)"),
        "bytes for strings": swap(DECODE, ""),
        "a word before the message": swap(MESSAGE, "print('Got', event['data'], flush=True)"),
        "each message twice": swap(MESSAGE, f"{MESSAGE}\n        {MESSAGE}"),
        "prints them at its end": both(
            swap(MESSAGE, 'kept.append(event["data"])'),
            swap(LISTEN, f"kept = []\n{LISTEN}"),
            last("print(*kept, sep='\\n')"),
        ),
        "the course's messages alone": swap(
            MESSAGE,
            f"if 'Student #' in event['data'] or '_' in event['data']:\n            {MESSAGE}",
        ),
        "hangs before it subscribes": swap(
            "subscription.subscribe", "signal.pause()\nsubscription.subscribe"
        ),
        "hangs once it has subscribed": swap(LISTEN, f"signal.pause()\n{LISTEN}"),
        "ends at once": swap(LISTEN, f"sys.exit()\n{LISTEN}"),
        "canned": canned("5_subscriber", 0.3),
    },
    "5_publisher.py": {
        "publishes elsewhere": swap('"holberton school channel"', '"holberton"'),
        "sleeps for scheduling": swap(TIMER, "sleep(time / 1000)\n    send()"),
        "all at once": swap(TIMER, "timers.enter(time / 1000000, 1, send)"),
        "seconds for milliseconds": swap(TIMER, "timers.enter(time / 100, 1, send)"),
        "says it and does not send": swap(PUBLISH, ""),
        "sends it and says nothing": swap(f"        {ABOUT}\n", ""),
        "says all at once": both(
            swap(f"        {ABOUT}\n", ""), swap(TIMER, f"{ABOUT}\n    {TIMER}")
        ),
        "sends all at once": both(
            swap(PUBLISH, ""), swap("    def send", PUBLISH[4:] + "    def send")
        ),
        "each message twice": swap(PUBLISH, PUBLISH * 2),
        "a message misspelt": swap("Student #2 starts course", "Student #2 starts the course"),
        "another text sent": swap(PUBLISH, PUBLISH.replace("message)", "message.upper())")),
        "no KILL_SERVER": swap('publish_message("KILL_SERVER", 300)\n', ""),
        "from the last to the first": both(
            swap('course", 100', 'course", 401'),
            swap('course", 400', 'course", 100'),
            swap('course", 401', 'course", 400'),
        ),
        "no word of no server": swap(REFUSED, "pass"),
        "exit status 3": last("sys.exit(3)"),
        "canned": canned("5_publisher", 0.1),
    },
    "6_job_creator.py": {
        "ids as UUIDs": swap(COUNTED, "str(__import__('uuid').uuid4())"),
        "ids that begin at 1 again": both(
            swap(COUNTED, "str(os.getpid())"), swap("created: {job.id}", "created: 1")
        ),
        "ids from the queue's length": swap(COUNTED, "str(len(queue) + 1)"),
        "ids from the clock": swap(COUNTED, "str(__import__('time').time_ns())"),
        "a pickle": swap('serializer="json"', 'serializer="pickle"'),
        "wrong queue": swap('"push_notification_code"', '"push_notifications"'),
        "another name in the data": swap('"phoneNumber": ', '"phone": '),
        "another message in the data": swap("to verify your account", "to verify you"),
        "no job at all": instead(
            "print('Notification job created:', client.incr('rq:ids'), flush=True)\n"
            + "signal.pause()"
        ),
        "completed misspelt": swap("Notification job {'completed'", "Notification job {'complete'"),
        "created misspelt": swap("job created: ", "job created "),
        "completed at once": swap(
            RESULT, f"print('Notification job completed')\n    sys.exit()\n    {RESULT}"
        ),
        "completed by a timer": swap(
            RESULT,
            "__import__('time').sleep(1)\n    print('Notification job completed')\n"
            f"    sys.exit()\n    {RESULT}",
        ),
        "completed whatever happened": swap(COMPLETED, "'completed'"),
        "failed whatever happened": swap(COMPLETED, "'failed'"),
        "completed once it is taken": swap(
            RESULT,
            "while len(queue):\n        pass\n    print('Notification job completed')\n"
            f"    sys.exit()\n    {RESULT}",
        ),
        "never completed": swap(RESULT, f"signal.pause()\n    {RESULT}"),
        "ends once it is created": swap(RESULT, f"sys.exit()\n    {RESULT}"),
        "completed twice": last("print('Notification job completed')"),
        "two jobs": swap(
            "job = queue.enqueue(",
            "queue.enqueue('6_job_processor.process', job_data)\njob = queue.enqueue(",
        ),
        "says it before it asks": both(
            swap(CREATED, ""),
            swap(
                "queue = rq.Queue",
                'print("Notification job created: 1")\n__import__("time").sleep(1)\n'
                "queue = rq.Queue",
            ),
        ),
        "a SyntaxError": SYNTAX,
        "raises": first("{}['phoneNumber']"),
        "canned": canned("6_job_creator"),
    },
    "6_job_processor.py": {
        "message misspelt": swap("with message:", "message:"),
        "another queue": swap('["push_notification_code"]', '["push_notification"]'),
        "nothing printed": swap(SEND, "pass"),
        "printed twice": swap(SEND, f"{SEND}\n    {SEND}"),
        "the course's line for any job": swap(SEND, f"print({transcript('6_job_processor')[0]!r})"),
        "the course's number for any job": swap(SEND, SEND.replace("{phone_number}", "4153518780")),
        "the course's message for any job": swap(
            SEND, SEND.replace("{message}", "This is the code to verify your account")
        ),
        "the first job's data for any": both(
            swap(
                SEND,
                f"kept.append((phone_number, message))\n    phone_number, message = kept[0]\n"
                f"    {SEND}",
            ),
            swap("def send_notification", "kept = []\n\n\ndef send_notification"),
        ),
        "jobs that end as failed": swap(SEND, f"{SEND}\n    raise RuntimeError('no')"),
        "jobs that never end": swap(SEND, f"{SEND}\n    {STUCK}"),
        "jobs taken off and forgotten": instead(
            "import zlib\n"
            "raw = redis.from_url(url, protocol=2)\n"
            "while True:\n"
            "    job = raw.blpop(['rq:queue:push_notification_code'], 1)\n"
            "    if job:\n"
            "        data = raw.hget(b'rq:job:' + job[1], 'data')\n"
            "        data = json.loads(zlib.decompress(data))[2][0]\n"
            "        print(f\"Sending notification to {data['phoneNumber']}, \"\n"
            "              f\"with message: {data['message']}\", flush=True)"
        ),
        "the newest job first": swap(
            WORK,
            "queue = worker.queues[0]\n    ids = queue.job_ids\n    client.delete(queue.key)\n"
            f"    for one in ids:\n        client.lpush(queue.key, one)\n    {WORK}",
        ),
        "only jobs that come later": swap(WORK, f"worker.queues[0].empty()\n    {WORK}"),
        "ends when the queue is empty": swap(WORK, WORK[:-1] + ", burst=True)"),
        "ends after a job": swap(WORK, WORK[:-1] + ", max_jobs=1)"),
        "RQ's log on stdout": swap('logging_level="ERROR"', 'logging_level="INFO"'),
        "a pickle expected": swap('serializer="json"', 'serializer="pickle"'),
        "stays on ^C": swap(
            WORK,
            "__import__('signal').signal(2, 1)  # SIGINT, SIG_IGN\n"
            f"    worker._install_signal_handlers = lambda: 0\n    {WORK}",
        ),
        "a word at its start": swap(WORK, f"print('Waiting')\n    {WORK}"),
        "hangs": first(PAUSE),
        "raises": first("rq.no_such_name"),
        "waits for a job to come": waits_for_a_job("push_notification_code", "6_job_processor"),
        "canned": canned("6_job_processor", end="signal.pause()"),
    },
    "7_job_creator.py": {
        "no progress shown": swap(PERCENT, "pass"),
        "reason left out": swap(FAILED, "failed"),
        "ids that begin at 1 again": swap("created: {job.id}", "created: {len(waiting) + 1}"),
        "ids counted from 1 in each run": swap(
            "\nwaiting = []", "\nclient.delete('rq:ids')\nwaiting = []"
        ),
        "ids from the queue's length": swap(COUNTED, "str(len(queue) + 1)"),
        "a job left out": swap("for job_data in jobs:", "for job_data in jobs[:-1]:"),
        "another number": swap("4153718781", "4153718788"),
        "another code": swap(
            '"4151218782", "message": "This is the code 4321',
            '"4151218782", "message": "This is the code 4322',
        ),
        "wrong queue": swap("push_notification_code_2", "push_notification_code_3"),
        "a pickle": swap('serializer="json"', 'serializer="pickle"'),
        "events out of order": both(
            swap(PROGRESS, f"{PROGRESS}[::-1]"), swap("sleep(0.05)", "sleep(0.5)")
        ),
        "progress held until the end": swap(
            PROGRESS,
            '(job.meta.get("progress", [])\n                    '
            'if job.get_status(refresh=False) not in ("queued", "started") else [])',
        ),
        "everything held until the end": both(
            swap(
                "\ndef follow",
                "\nheld, say = [], print\n\n\ndef print(text, flush=True):\n"
                "    say(text) if 'created' in text else held.append(text)\n\n\ndef follow",
            ),
            last("say(*held, sep='\\n')"),
        ),
        "progress by hand": both(
            swap(PERCENT, "pass"),
            swap(
                FINISHED,
                "for percent in () if status in ('queued', 'started') else (0, 100):\n"
                f"        {PERCENT}\n    {FINISHED}",
            ),
        ),
        "progress by hand, and as in the course": both(
            swap(PERCENT, "pass"),
            swap(
                FINISHED,
                "for percent in {'finished': [0, 50], 'failed': [0]}.get(status, []):\n"
                f"        {PERCENT}\n    {FINISHED}",
            ),
        ),
        "completed whatever happened": swap(FINISHED, 'if status not in ("queued", "started"):'),
        "a reason by hand": swap(
            FAILED, "failed: Phone number {jobs[int(job.id) - 1]['phoneNumber']} is blacklisted"
        ),
        "the reason of the first for all": swap(
            FAILED, "failed: Phone number 4153518780 is blacklisted"
        ),
        "progress misspelt": swap("% complete", "% completed"),
        "completed misspelt": swap("{job.id} completed", "{job.id} complete"),
        "the whole error shown": swap(FAILED, "failed: {line}"),
        "progress told again": swap(PROGRESS, 'job.meta.get("progress", [])'),
        "all by a timer": canned("7_job_creator", 0.02),
        "jobs made, and the rest by a timer": both(
            swap(FOLLOW, "while False:"),
            last(f"sleep(1)\nprint(*{transcript('7_job_creator')[11:]!r}, sep='\\n')"),
        ),
        "ends with the first failure": swap(
            "        result = job.latest_result()", "        sys.exit(1)\n        result = None"
        ),
        "ends once they are created": swap(FOLLOW, "while False:"),
        "stays on ^C": swap("SIGINT, signal.SIG_DFL)", "SIGINT, signal.SIG_IGN)"),
        "a SyntaxError": SYNTAX,
        "canned": canned("7_job_creator"),
    },
    "7_job_processor.py": {
        "no 0%": swap("    job.progress(0, 100)\n", ""),
        "75% for 50%": swap("job.progress(50, 100)", "job.progress(75, 100)"),
        "100% as well": swap(f"    {SEND}\n", f"    {SEND}\n    job.progress(100, 100)\n"),
        "50% first": both(
            swap("job.progress(0, 100)", "job.progress(50, 100)\n    job.progress(0, 100)"),
            swap("sorted(steps)", '[*self.meta.get("progress", []), completed * 100 // total]'),
        ),
        "blacklist ignored": swap(BLACK, "if not phone_number:"),
        "one number on the blacklist": swap('["4153518780", "4153518781"]', '["4153518780"]'),
        "the first two jobs blacklisted": swap(BLACK, "if job.id in ('1', '2'):"),
        "a swallowed error": swap("    if error:\n        raise error", "    pass"),
        "another error": swap("is blacklisted", "is on the blacklist"),
        "sent to a blacklisted number": both(
            swap(f"    {SEND}\n", ""), swap(f"    {BLACK}", f"    {SEND}\n    {BLACK}")
        ),
        "one at a time": swap("client, 2, Not", "client, 1, Not"),
        "three at a time": swap("client, 2, Not", "client, 3, Not"),
        "eleven at a time": swap("client, 2, Not", "client, 11, Not"),
        "two that wait for each other": instead("""\
raw = redis.from_url(url, protocol=2)
queue = rq.Queue("push_notification_code_2", connection=raw, serializer="json")
BLACK = ["4153518780", "4153518781"]


def percent(job, number):
    job.meta.setdefault("progress", []).append(number)
    job.save_meta()


def perform(job):
    data = job.args[0]
    percent(job, 0)
    if data["phoneNumber"] in BLACK:
        text = f"Exception: Phone number {data['phoneNumber']} is blacklisted"
        rq.results.Result.create_failure(job, 10, text)
        job.set_status(rq.job.JobStatus.FAILED)
        return
    percent(job, 50)
    text = f"Sending notification to {data['phoneNumber']}, with message: {data['message']}"
    print(text, flush=True)
    rq.results.Result.create(job, rq.results.Result.Type.SUCCESSFUL, 10, return_value=None)
    job.set_status(rq.job.JobStatus.FINISHED)


while True:
    pair = [one for one in (raw.lpop(queue.key) for _ in range(2)) if one]
    pair = [rq.job.Job.fetch(one.decode(), raw, "json") for one in pair]
    threads = [threading.Thread(target=perform, args=[job]) for job in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.02)"""),
        "the newest job first": swap(
            POOL,
            'queue = rq.Queue(QUEUE, connection=client, serializer="json")\n'
            "    ids = queue.job_ids\n    client.delete(queue.key)\n"
            f"    for one in ids:\n        client.lpush(queue.key, one)\n    {POOL}",
        ),
        "the course's message for any job": swap(
            SEND, SEND.replace("{message}", "This is the code 4321 to verify your account")
        ),
        "the course's line for any job": swap(
            SEND, f"print({transcript('7_job_processor')!r}[int(job.id) - 3])"
        ),
        "jobs that end as failed": swap(
            f"    {SEND}\n    done()", f"    {SEND}\n    done(Exception('no'))"
        ),
        "jobs that never end": swap(SEND, f"{SEND}\n    {STUCK}"),
        "nothing printed": swap(SEND, "pass"),
        "message misspelt": swap("Sending notification to", "Sending a notification to"),
        "another queue": swap("push_notification_code_2", "push_notification_code_3"),
        "ends when the queue is empty": swap("logging_level=", "burst=True, logging_level="),
        "RQ's log on stdout": swap('logging_level="CRITICAL"', 'logging_level="INFO"'),
        "raises": first("rq.no_such_name"),
        "waits for a job to come": waits_for_a_job("push_notification_code_2", "7_job_processor"),
        "canned": canned("7_job_processor", end="signal.pause()"),
    },
}


# How a folder is judged.


class Verdict(NamedTuple):
    status: int
    output: str
    errors: str
    seconds: float

    @property
    def outcomes(self):
        """The table's, by script."""
        row = r"^\d  .{50} (\S+) +(passed|failed|missing|not run|grader) +[\d.]+ s$"
        return dict(re.findall(row, self.output, re.MULTILINE))

    @property
    def reports(self):
        """What stands before the table: a report for each task that failed."""
        before = re.split(r"^\d  .{50} dump\.rdb ", self.output, flags=re.MULTILINE)[0]
        parts = re.split(r"^(?=Task \d, \S+: )", before, flags=re.MULTILINE)
        return [part.rstrip() for part in parts[1:]]

    def failed(self):
        return [script for script, outcome in self.outcomes.items() if outcome == "failed"]


# Ours, without what pytest has put there, which runs this. Taken once: it changes os.environ as it
# goes from test to test, while our threads read it.
ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}


def environment(**more):
    return ENVIRONMENT | more


def grade(*arguments, limit=200, **options):
    """Run the grader as a teacher does."""
    command = [sys.executable, "-m", "pytest", *map(str, arguments)]
    begin = time.monotonic()
    options = {"cwd": OURS, "env": environment()} | options
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=limit, check=False, **options
    )
    return Verdict(done.returncode, done.stdout, done.stderr, time.monotonic() - begin)


def solution(folder, script=None, edit=None):
    """Ours, with an edit of a script."""
    Path(folder).mkdir(parents=True)
    for name in ["dump.rdb", *SCRIPTS]:
        shutil.copy(OURS / name, folder)
    if script:
        text = (OURS / script).read_text()
        wrong = edit(text)
        assert wrong != text, "the edit changed nothing"
        Path(folder, script).write_text(wrong)
    return folder


def number_of(script):
    return next(task.number for task in TASKS if task.script == script)


ENTRIES = [(script, name) for script, edits in WRONG.items() for name in edits]
WHOLE = [  # judged as whole folders: no other task may fail
    ("0_redis_client.py", "connected misspelt"),
    ("1_redis_op.py", "OK for Reply: OK"),
    ("2_redis_op_async.py", "a line too many"),
    ("4_redis_advanced_op.py", "Python's dict"),
    ("5_subscriber.py", "unsubscribes too early"),
    ("5_publisher.py", "publishes elsewhere"),
    ("6_job_creator.py", "wrong queue"),
    ("6_job_processor.py", "message misspelt"),
    ("7_job_creator.py", "a job left out"),
    ("7_job_processor.py", "one at a time"),
]
SHOWN = [  # whose reports stand in the golden file as a whole
    ("0_redis_client.py", "a SyntaxError"),
    ("1_redis_op.py", "a value printed by hand"),
    ("4_redis_advanced_op.py", "another hash"),
    ("5_publisher.py", "publishes elsewhere"),
    ("7_job_creator.py", "a job left out"),
]
SERVERS = ["redis-server", "fakeredis"]
MAKES = [
    (path.name, kind)
    for path in sorted(RIGHT.glob("[a-z]*"))
    for kind in SERVERS
    if kind == "fakeredis" or REDIS_SERVER
]


# How long it takes, while nothing else is at work. So these come first.


@pytest.mark.parametrize("name, seconds", [("one", 3), ("right", 12)])
def test_it_is_quick(tmp_path, name, seconds):
    right = solution(tmp_path / name)
    if name == "one":
        for script in SCRIPTS[1:]:
            (right / script).unlink()
    taken = []
    for _ in range(3):  # the best of three, since a machine may be busy
        verdict = grade(f"--scripts={right}", "--port=0")
        assert verdict.failed() == [], verdict.output
        taken.append(verdict.seconds)
        if taken[-1] < seconds:
            break
    assert min(taken) < seconds, taken


# What is judged beside the tests: six at a time, since they mostly wait.


class Judging:
    """The verdicts to come, by what is judged."""

    def __init__(self, place, entries=ENTRIES, right=True):
        self.place, self.verdicts = Path(place), {}
        self.pool, self.again = ThreadPoolExecutor(6), threading.Lock()
        if right:
            self.verdicts["hangs"] = self.pool.submit(
                grade, f"--scripts={all_hang(self.place / 'hangs')}", "--port=0"
            )
            for name, kind in sorted(MAKES, key=lambda make: "stock" not in make[0]):
                self.verdicts[name, kind] = self.pool.submit(
                    grade, f"--scripts={RIGHT / name}", "--port=0", "--server", kind
                )
        for entry in sorted(entries, key=lambda entry: entry not in WHOLE):
            self.verdicts[entry] = self.pool.submit(self.judge, *entry)

    def judge(self, script, name):
        wrong = self.place / f"{ENTRIES.index((script, name))}"
        solution(wrong, script, WRONG[script][name])
        task = () if (script, name) in WHOLE else ("--task", number_of(script))
        verdict = grade(f"--scripts={wrong}", "--port=0", *task)
        if verdict.status == 0:  # on a machine so busy a third worker, say, may come too late
            with self.again:
                verdict = grade(f"--scripts={wrong}", "--port=0", *task)
        return verdict

    def __getitem__(self, what):
        return self.verdicts[what].result()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.pool.shutdown(cancel_futures=True)


def all_hang(folder):
    folder.mkdir()
    for script in SCRIPTS:
        (folder / script).write_text("import time\ntime.sleep(1000)\n")
    return folder


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    with Judging(tmp_path_factory.mktemp("judged")) as judging:
        yield judging


# Wrong solutions.


@pytest.mark.parametrize("script, name", ENTRIES)
def test_a_wrong_solution_fails_at_its_own_task(judged, script, name):
    verdict = judged[script, name]
    assert verdict.status == 1, verdict.output + verdict.errors
    blamed = {script: report_of(verdict, script)}
    if (script, name) in WHOLE:  # of a pair, the other half, if the report says that it may be so
        for other in set(verdict.failed()) - {script}:
            assert other[0] == script[0], verdict.output
            blamed[other] = report_of(verdict, other)
            assert "the fault may be in either" in " ".join(blamed[other].split())
    assert sorted(verdict.failed()) == sorted(blamed), verdict.output
    assert len(verdict.reports) == len(blamed)
    for report in blamed.values():
        assert len(report.splitlines()) <= HIGHEST, report
        assert f"{HERE}/" not in report and "Traceback" not in report, report
    assert "grader" not in verdict.outcomes.values() and verdict.errors == ""


def report_of(verdict, script):
    task = f"Task {number_of(script)}, {script}: "
    [report] = [report for report in verdict.reports if report.startswith(task)]
    return report


def golden(judged):
    """What reports.txt holds: the headlines, and some reports, without what differs by run."""
    lines = []
    for script, name in ENTRIES:
        found = judged[script, name]
        head = "CAUGHT BY NOTHING"
        if script in found.failed():
            head = report_of(found, script).splitlines()[0].split(": ", 1)[1]
        if script[0] in "47":  # it is by chance which line is the first to differ
            head = re.sub(r"line \d+", "line N", head)
        lines.append(f"{script} | {name} | {without_chance(head)}")
    for script, name in SHOWN:
        lines += ["", f"{script}, {name}:"]
        lines += without_chance(report_of(judged[script, name], script)).splitlines()
    return lines


def without_chance(text):
    """Text without numbers, and without the words that the grader makes up."""
    made_up = re.findall(r"was set to ([a-z]{9})\b", text)
    for word in made_up:
        text = text.replace(word, "WORD")
    return re.sub(r"\d{5,}|(after )?\d+(, \d+)* ms", "N", text)


def test_the_reports_are_those_of_the_golden_file(judged):
    assert golden(judged) == GOLDEN.read_text().splitlines()


# Right ones.


@pytest.mark.parametrize("name, kind", MAKES)
def test_a_right_solution_passes(judged, name, kind):
    if (name, kind) == ("blmove", "fakeredis"):
        pytest.skip("fakeredis does not wait in a BLMOVE")
    verdict = judged[name, kind]
    own = {path.name for path in (RIGHT / name).glob("*.py")}
    assert own
    expected = {task.script: "passed" if task.script in own else "missing" for task in TASKS}
    assert verdict.outcomes == expected, verdict.output


def test_every_script_has_right_solutions():
    for script in SCRIPTS:
        assert len(list(RIGHT.glob(f"*/{script}"))) >= 2, script


def test_the_words_of_an_error_are_asked_with_strict_alone(judged):
    """redis-py's own words are right, and those of node_redis are asked of our own scripts."""
    task = "--task", "1", "--port=0"
    verdict = grade(f"--scripts={RIGHT / 'error_object'}", *task, "--strict")
    assert verdict.failed() == ["0_redis_client.py"], verdict.output + verdict.errors


# What else is claimed.


def test_scripts_that_hang_are_judged_in_time(judged):
    verdict = judged["hangs"]
    assert verdict.seconds < 120
    for script in SCRIPTS:  # the other half of task 5 is not run any more
        outcome = "not run" if script == "5_publisher.py" else "failed"
        assert verdict.outcomes[script] == outcome, verdict.output


def test_a_taken_port_is_told_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        verdict = grade("--scripts", RIGHT / "classes", f"--port={taken.getsockname()[1]}")
    assert verdict.status == 4 and verdict.output == ""
    [line] = verdict.errors.strip().splitlines()
    for words in "is taken", "redis-cli shutdown nosave", "systemctl stop", "--port 0":
        assert words in line


TRAP = "[pytest]\naddopts = --collect-only -p no:tests.plugin\n"
HELP = "[pytest]\naddopts = -h -p no:queuing_system -p no:tests.options -p evil\n"


@pytest.mark.parametrize("given", ["absolute", "relative", "in the same word"])
@pytest.mark.parametrize("where", ["inside", "outside"])
def test_nothing_of_the_folder_is_imported_or_obeyed(tmp_path, where, given):
    trap = tmp_path / "trap"
    folder = tmp_path / "my solution"
    if where == "inside":
        folder = OURS / f".solution-{uuid.uuid4().hex}"
    try:
        solution(folder, "0_redis_client.py", WRONG["0_redis_client.py"]["connected misspelt"])
        code = f"open({str(trap)!r}, 'a').write(__file__)\n"
        code += "def pytest_runtest_call(item):\n    item.obj = print\n"
        names = "conftest.py", "tests/conftest.py", "tests/__init__.py", "tests/plugin.py"
        for name in *names, "sitecustomize.py", "evil.py":
            Path(folder, name).parent.mkdir(exist_ok=True)
            Path(folder, name).write_text(code)
        for name in "pytest.ini", "tests/pytest.ini":
            Path(folder, name).write_text(HELP if given == "in the same word" else TRAP)
        path = os.path.relpath(folder, OURS) if given == "relative" else str(folder)
        words = [f"--scripts={path}"] if given == "in the same word" else ["--scripts", path]
        verdict = grade(*words, "--port=0", "--task", "1")
    finally:
        if where == "inside":
            shutil.rmtree(folder, ignore_errors=True)
    assert not trap.exists(), trap.read_text()
    assert verdict.failed() == ["0_redis_client.py"], verdict.output + verdict.errors


def test_an_empty_folder_is_eleven_rows_and_no_report(tmp_path):
    verdict = grade("--scripts", tmp_path, "--port=0")
    assert verdict.status == 1 and verdict.reports == []
    assert list(verdict.outcomes.values()) == ["missing"] * 11
    assert len(verdict.output.strip().splitlines()) == 13  # the table, a blank line, what to do


@pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine")
def test_a_newer_dump_is_not_judged(tmp_path):
    dump = solution(tmp_path / "newer") / "dump.rdb"
    dump.write_bytes(b"REDIS0099" + dump.read_bytes()[9:])
    verdict = grade(f"--scripts={dump.parent}", "--port=0", "--task", "0")
    assert verdict.outcomes["dump.rdb"] == "not run" and verdict.failed() == []
    assert "dump.rdb was not judged: its RDB version is 99" in verdict.output


BREAKS = [("redis-server", '"SHUTDOWN", "NOSAVE"'), ("fakeredis", '"LATENCY", "DOCTOR"')]


@pytest.mark.parametrize("kind, command", BREAKS)
def test_what_breaks_the_grader_is_not_the_student_s_fault(tmp_path, kind, command):
    if kind == "redis-server" and not REDIS_SERVER:
        pytest.skip("there is no redis-server on this machine")
    script = "1_redis_op.py"
    breaks = solution(tmp_path / "breaks", script, last(f"client.execute_command({command})"))
    for one in SCRIPTS[3:]:
        (breaks / one).unlink()
    verdict = grade(f"--scripts={breaks}", "--port=0", "--server", kind)
    assert verdict.outcomes[script] == "grader" and verdict.failed() == [], verdict.output
    assert verdict.status == 1
    assert verdict.outcomes[SCRIPTS[2]] == "passed"  # the grader is mended for the others


def processes_with(text):
    """The processes in whose command the text is."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and text in " ".join(process.cmdline()):
                found.append(process)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_grader_that_is_ended_leaves_nothing(tmp_path, number):
    slow = solution(tmp_path / "slow", "0_redis_client.py", first(PAUSE))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "pytest", f"--scripts={slow}", "--port=0", "--task", "1"]
    with subprocess.Popen(
        command,
        cwd=OURS,
        env=environment(TMPDIR=str(temporary)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as grader:
        end = time.monotonic() + 20
        while not processes_with(f"{slow}/0_redis_client.py"):
            assert time.monotonic() < end, "the script was not run"
            time.sleep(0.02)
        children = psutil.Process(grader.pid).children(recursive=True)
        assert len(children) == 1 + bool(REDIS_SERVER)
        assert list(temporary.iterdir())
        grader.send_signal(number)
        assert grader.wait(20) != 0
    assert not psutil.wait_procs(children, 2)[1]
    assert list(temporary.iterdir()) == []


# A process with a session, a parent and an environment of its own, that outlives its script.
DAEMON = """\
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        code = "import time; time.sleep(1000)  # NAME"
        os.execve(sys.executable, [sys.executable, "-c", code], {})
    os._exit(0)"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands on what is left behind")
def test_what_a_script_leaves_behind_is_ended(tmp_path):
    name = uuid.uuid4().hex
    edit = last(DAEMON.replace("NAME", name) + f"\nopen({str(tmp_path / 'begun')!r}, 'w')")
    daemon = solution(tmp_path / "daemon", "0_redis_client.py", edit)
    verdict = grade(f"--scripts={daemon}", "--port=0", "--task", "1")
    assert verdict.outcomes["0_redis_client.py"] == "passed", verdict.output
    assert (tmp_path / "begun").exists()
    left = processes_with(name)
    for process in left:
        process.kill()
    assert left == []


def test_a_grader_that_ignores_interrupts_works(tmp_path):
    right = solution(tmp_path / "ignored")
    command = f"trap '' INT; exec {sys.executable} -m pytest --scripts {right} --port 0 --task 7"
    done = subprocess.run(
        ["sh", "-c", command], cwd=OURS, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()


def test_the_last_line_names_the_first_task_to_mend_and_a_command_that_judges_it(tmp_path):
    script = "1_redis_op.py"
    folder = tmp_path / "a student's"
    wrong = solution(folder, script, WRONG[script]["OK for Reply: OK"])
    xml = tmp_path / "report.xml"
    verdict = grade("--scripts", wrong, "--port=0", "--task", "2", f"--junitxml={xml}")
    line = verdict.output.strip().splitlines()[-1]  # nothing of pytest's own after it
    assert line.startswith(f"To mend first: task 2, {script}. ")
    command = shlex.split(line.split("alone: ")[1])
    assert command[:3] == ["python", "-m", "pytest"]
    again = grade(*command[3:])
    assert again.failed() == [script] and len(again.reports) == 1
    [case] = [case for case in ElementTree.parse(xml).iter("testcase") if case.find("failure")
              is not None]  # fmt: skip
    assert "line 3 differs" in case.find("failure").text and "1_redis_op" in case.get("classname")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, Judging(place, right=False) as at_work:
        GOLDEN.write_text("\n".join(golden(at_work)) + "\n")
