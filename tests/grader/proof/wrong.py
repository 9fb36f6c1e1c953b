"""Wrong solutions, each of them our ten scripts with one edit, such as a student would make.

WRONG: by script, the name of a mistake and the edit: a function from the script's text to a wrong
one.
"""

import re

from ...course import OURS, transcript

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


def all_of(*edits):
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
HSET = '    redis_print(client.hset("HolbertonSchools", school, value))'
HSET += "  # 1: a new field, 0: an old one\n"
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
SEND_9 = SEND.replace("{message}", r"{message}\n").replace("flush", 'end="", flush')
WORK = 'worker.work(logging_level="ERROR")'
PROGRESS = 'job.meta.get("progress", [])[printed:]'
PERCENT = 'print(f"Notification job {job.id} {percent}% complete", flush=True)'
FINISHED = 'if status == "finished":'
FAILED = "failed: {line.partition(': ')[2] or line}"
FOLLOW = "while waiting:"
BLACK = "if phone_number in blacklisted_numbers:"
POOL = "pool = WorkerPool("
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
        "the value kept from the set": all_of(
            swap(SET, f"kept.append(value)\n    {SET}"),
            swap("def set_new", "kept = []\n\n\ndef set_new"),
            swap("\n" + GET, "\nprint(kept[0])\n"),
        ),
        "a reply printed by hand": swap(
            SET, "print('Reply: OK')\n    client.set(school_name, value)"
        ),
        "a value never set": swap(SET, "print('Reply: OK')"),
        "set in a thread": all_of(
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
        "the set not awaited": all_of(
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
        "double quotes": all_of(
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
        "shown before it is stored": all_of(
            swap(HGETALL, ""), swap("for school, value", f"{HGETALL}for school, value")
        ),
        "a string at the key": last('client.set("HolbertonSchools", "all")'),
        "raises": first("redis.no_such_name"),
        "canned": canned("4_redis_advanced_op"),
    },
    "5_subscriber.py": {
        "wrong channel": swap('"holberton school channel"', '"holberton channel"'),
        "all channels": all_of(
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
        "prints them at its end": all_of(
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
        "says all at once": all_of(
            swap(f"        {ABOUT}\n", ""), swap(TIMER, f"{ABOUT}\n    {TIMER}")
        ),
        "sends all at once": all_of(
            swap(PUBLISH, ""), swap("    def send", PUBLISH[4:] + "    def send")
        ),
        "each message twice": swap(PUBLISH, PUBLISH * 2),
        "a message misspelt": swap("Student #2 starts course", "Student #2 starts the course"),
        "a fifth message": last('client.publish("holberton school channel", "more")'),
        "another text sent": swap(PUBLISH, PUBLISH.replace("message)", "message.upper())")),
        "no KILL_SERVER": swap('publish_message("KILL_SERVER", 300)\n', ""),
        "from the last to the first": all_of(
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
        "ids that begin at 1 again": all_of(
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
        "says it before it asks": all_of(
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
        "the first job's data for any": all_of(
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
        "events out of order": all_of(
            swap(PROGRESS, f"{PROGRESS}[::-1]"), swap("sleep(0.05)", "sleep(0.5)")
        ),
        "progress held until the end": swap(
            PROGRESS,
            '(job.meta.get("progress", [])\n                    '
            'if job.get_status(refresh=False) not in ("queued", "started") else [])',
        ),
        "everything held until the end": all_of(
            swap(
                "\ndef follow",
                "\nheld, say = [], print\n\n\ndef print(text, flush=True):\n"
                "    say(text) if 'created' in text else held.append(text)\n\n\ndef follow",
            ),
            last("say(*held, sep='\\n')"),
        ),
        "progress by hand": all_of(
            swap(PERCENT, "pass"),
            swap(
                FINISHED,
                "for percent in () if status in ('queued', 'started') else (0, 100):\n"
                f"        {PERCENT}\n    {FINISHED}",
            ),
        ),
        "progress by hand, and as in the course": all_of(
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
        "jobs made, and the rest by a timer": all_of(
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
        "100% as well": swap(f"    {SEND_9}\n", f"    {SEND_9}\n    job.progress(100, 100)\n"),
        "50% first": all_of(
            swap("job.progress(0, 100)", "job.progress(50, 100)\n    job.progress(0, 100)"),
            swap("sorted(steps)", '[*self.meta.get("progress", []), completed * 100 // total]'),
        ),
        "blacklist ignored": swap(BLACK, "if not phone_number:"),
        "one number on the blacklist": swap('["4153518780", "4153518781"]', '["4153518780"]'),
        "the first two jobs blacklisted": swap(BLACK, "if job.id in ('1', '2'):"),
        "a swallowed error": swap("    if error:\n        raise error", "    pass"),
        "another error": swap("is blacklisted", "is on the blacklist"),
        "sent to a blacklisted number": all_of(
            swap(f"    {SEND_9}\n", ""), swap(f"    {BLACK}", f"    {SEND_9}\n    {BLACK}")
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
            SEND_9, SEND_9.replace("{message}", "This is the code 4321 to verify your account")
        ),
        "the course's line for any job": swap(
            SEND_9, f"print({transcript('7_job_processor')!r}[int(job.id) - 3])"
        ),
        "jobs that end as failed": swap(
            f"    {SEND_9}\n    done()", f"    {SEND_9}\n    done(Exception('no'))"
        ),
        "jobs that never end": swap(SEND_9, f"{SEND_9}\n    {STUCK}"),
        "nothing printed": swap(SEND_9, "pass"),
        "message misspelt": swap("Sending notification to", "Sending a notification to"),
        "another queue": swap("push_notification_code_2", "push_notification_code_3"),
        "ends when the queue is empty": swap("logging_level=", "burst=True, logging_level="),
        "RQ's log on stdout": swap('logging_level="CRITICAL"', 'logging_level="INFO"'),
        "raises": first("rq.no_such_name"),
        "waits for a job to come": waits_for_a_job("push_notification_code_2", "7_job_processor"),
        "canned": canned("7_job_processor", end="signal.pause()"),
    },
}
