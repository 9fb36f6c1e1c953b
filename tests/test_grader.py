"""Proves the grader: wrong solutions, each an edit away from ours, fail at their task; right ones of another make pass."""

import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .course import OURS, TASKS
from .servers import REDIS_SERVER

pytestmark = pytest.mark.ours

NOTIFY = 'print(f"Sending notification to {phone_number}, with message: {message}")'
CONNECTED = '"Redis client connected to the server"'

# What is wrong, the script, what stands in it, and what stands there instead.
WRONG = [
    ("connected misspelt", "0_redis_client.py", CONNECTED, '"Redis client connected to server"'),
    (
        "nothing said of a connection",
        "0_redis_client.py",
        f"print({CONNECTED}, file=console)",
        "pass",
    ),
    (
        "connected said on stderr",
        "0_redis_client.py",
        f"{CONNECTED}, file=console",
        f"{CONNECTED}, file=sys.stderr",
    ),
    (
        "not connected misspelt",
        "0_redis_client.py",
        "client not connected",
        "client is not connected",
    ),
    (
        "no Error: before the reason",
        "0_redis_client.py",
        "server: Error: {reason",
        "server: {reason",
    ),
    (
        "redis-py's own words",
        "0_redis_client.py",
        'return f"Redis connection to',
        'f"Redis connection to',
    ),
    (
        "exit status 3",
        "0_redis_client.py",
        "\nconnect(client.ping)",
        "\nconnect(client.ping)\nsys.exit(3)",
    ),
    (
        "hangs",
        "0_redis_client.py",
        "\nclient = create",
        "\nos.fork()\ntime.sleep(1000)\nclient = create",
    ),
    (
        "floods stdout",
        "0_redis_client.py",
        "\nclient = create",
        "\nwhile True:\n    print('x' * 1000)\nclient = create",
    ),
    (
        "writes binary",
        "0_redis_client.py",
        "\nclient = create",
        "\nos.write(1, bytes(range(256)))\nclient = create",
    ),
    ("OK for Reply: OK", "1_redis_op.py", 'print(f"Reply: {reply}")', "print(reply)"),
    (
        "bytes for strings",
        "1_redis_op.py",
        'print("null" if reply is None else reply)',
        "print(str(reply).encode())",
    ),
    (
        "another key",
        "1_redis_op.py",
        'set_new_school("HolbertonSanFrancisco"',
        'set_new_school("HolbertonSF"',
    ),
    ("another value", "1_redis_op.py", '"100")', '"101")'),
    ("a canned value", "1_redis_op.py", 'display_school_value("Holberton")', 'print("School")'),
    ("a call left out", "1_redis_op.py", '\ndisplay_school_value("HolbertonSanFrancisco")', ""),
    (
        "True for OK",
        "1_redis_op.py",
        'client.set_response_callback("SET", redis_print)\n    client.set(',
        "redis_print(client.set(",
    ),
    (
        "out of order",
        "2_redis_op_async.py",
        'await set_new_school("HolbertonSanFrancisco", "100")\n',
        "",
    ),
    ("not awaited", "2_redis_op_async.py", "value = await client.get", "value = client.get"),
    (
        "a line too many",
        "2_redis_op_async.py",
        "    await client.aclose()",
        "    await client.aclose()\n    print('done')",
    ),
    (
        "Python's dict",
        "4_redis_advanced_op.py",
        '    print("{")\n',
        "    return print(dict(zip(reply[::2], reply[1::2])))\n",
    ),
    ("names all quoted", "4_redis_advanced_op.py", "{name if re.", "{quote(name) if re."),
    (
        "a field left out",
        "4_redis_advanced_op.py",
        'client.hset("HolbertonSchools", "Cali", 40)\n',
        "",
    ),
    ("another hash", "4_redis_advanced_op.py", '"HolbertonSchools"', '"HolbertonSchool"'),
    (
        "sorted",
        "4_redis_advanced_op.py",
        "in zip(reply[::2], reply[1::2])",
        "in sorted(zip(reply[::2], reply[1::2]))",
    ),
    ("replies all 1", "4_redis_advanced_op.py", 'print(f"Reply: {reply}")', 'print("Reply: 1")'),
    (
        "one hset for all",
        "4_redis_advanced_op.py",
        'client.hset("HolbertonSchools", "Seattle", 80)\n',
        "",
    ),
    ("wrong channel", "5_subscriber.py", '"holberton school channel"', '"holberton channel"'),
    (
        "unsubscribes too early",
        "5_subscriber.py",
        'if message == "KILL_SERVER"',
        'if "#2" in message',
    ),
    (
        "quits on part of the word",
        "5_subscriber.py",
        'message == "KILL_SERVER"',
        '"KILL_SERVER" in message',
    ),
    ("never quits", "5_subscriber.py", 'if message == "KILL_SERVER"', "if not message"),
    (
        "KILL_SERVER not shown",
        "5_subscriber.py",
        "    print(message)\n    if message",
        "    message == 'KILL_SERVER' or print(message)\n    if message",
    ),
    (
        "subscriber's stdout buffered",
        "5_subscriber.py",
        "line_buffering=True",
        "line_buffering=False",
    ),
    ("publishes elsewhere", "5_publisher.py", '"holberton school channel"', '"holberton"'),
    (
        "sleeps for scheduling",
        "5_publisher.py",
        "threading.Timer(time / 1000, send).start()",
        "sys.modules['time'].sleep(time / 1000)\n    send()",
    ),
    ("at once", "5_publisher.py", "Timer(time / 1000", "Timer(time / 1000000"),
    (
        "says it and does not send",
        "5_publisher.py",
        '        client.publish("holberton school channel", message)\n',
        "",
    ),
    (
        "publisher's stdout buffered",
        "5_publisher.py",
        "line_buffering=True",
        "line_buffering=False",
    ),
    ("seconds for milliseconds", "5_publisher.py", "time / 1000", "time / 100"),
    (
        "ids as UUIDs",
        "6_job_creator.py",
        'str(client.incr("rq:ids"))',
        "__import__('uuid').uuid4().hex",
    ),
    ("a pickle payload", "6_job_creator.py", 'serializer="json"', 'serializer="pickle"'),
    ("wrong queue", "6_job_creator.py", '"push_notification_code"', '"push_notifications"'),
    ("other data", "6_job_creator.py", '"phoneNumber": "4153518780"', '"phone": "4153518780"'),
    (
        "completed misspelt",
        "6_job_creator.py",
        "Notification job completed",
        "Notification job complete",
    ),
    (
        "completed too early",
        "6_job_creator.py",
        "result = outcome(job)\n",
        'print("Notification job completed")\nsys.exit()\n',
    ),
    (
        "creator's stdout buffered",
        "6_job_creator.py",
        "line_buffering=True",
        "line_buffering=False",
    ),
    ("message misspelt", "6_job_processor.py", "with message:", "message:"),
    ("another queue", "6_job_processor.py", '["push_notification_code"]', '["push_notification"]'),
    ("nothing printed", "6_job_processor.py", NOTIFY, "pass"),
    ("printed twice", "6_job_processor.py", NOTIFY, f"{NOTIFY}\n    {NOTIFY}"),
    (
        "processor's stdout buffered",
        "6_job_processor.py",
        "line_buffering=True",
        "line_buffering=False",
    ),
    (
        "no progress shown",
        "7_job_creator.py",
        'print(f"Notification job {job.id} {percent}% complete")',
        "pass",
    ),
    ("reason left out", "7_job_creator.py", "failed: {error}", "failed"),
    ("ids counted apart", "7_job_creator.py", '"rq:ids"', '"rq:other"'),
    ("a job left out", "7_job_creator.py", "for job_data in jobs:", "for job_data in jobs[:-1]:"),
    (
        "events out of order",
        "7_job_creator.py",
        "for last_ids[stream], fields in entries:",
        "for last_ids[stream], fields in time.sleep(0.3) or entries[::-1]:",
    ),
    ("progress missing", "7_job_processor.py", "    job.progress(0, 100)\n", ""),
    (
        "blacklist ignored",
        "7_job_processor.py",
        "if phone_number in blacklisted_numbers",
        "if not phone_number",
    ),
    ("a swallowed error", "7_job_processor.py", "    if error:\n        raise error", "    pass"),
    ("another error", "7_job_processor.py", "is blacklisted", "is on the blacklist"),
    ("one job at a time", "7_job_processor.py", "client, 2, Not", "client, 1, Not"),
    ("three jobs at a time", "7_job_processor.py", "client, 2, Not", "client, 3, Not"),
    ("75% for 50%", "7_job_processor.py", "job.progress(50, 100)", "job.progress(75, 100)"),
]
WRONG = [
    wrong
    for wrong in WRONG
    if wrong[0] not in ("ids counted apart", "True for OK", "one hset for all")
]
WHOLE = [
    *[
        "no Error: before the reason",
        "OK for Reply: OK",
        "a line too many",
        "Python's dict",
        "unsubscribes too early",
    ],
    *[
        "sleeps for scheduling",
        "wrong queue",
        "another queue",
        "a job left out",
        "one job at a time",
    ],
]

HEADER = "import os, sys, time, signal\nimport redis\nc = redis.Redis.from_url(os.environ['REDIS_URL'], decode_responses=True, protocol=2)\n"
HELLO = "print('Redis client connected to the server', flush=True)\n"
# Right solutions of another make: the script, and its text or the edit to ours that makes it.
RIGHT = {
    "stays alive until ^C": ("1_redis_op.py", lambda text: text + "\nsignal.pause()\n"),
    "waits elsewhere": (
        "0_redis_client.py",
        lambda text: text.replace(
            "pause = 0.2", "pause = 0.05; print('waiting...', file=sys.stderr)"
        ).replace("attempts=3", "attempts=9"),
    ),
    "no functions": (
        "4_redis_advanced_op.py",
        lambda text: (
            HEADER
            + HELLO
            + "for n, v in dict(Portland=50, Seattle=80, **{'New York': 20}, Bogota=20, Cali=40, Paris=2).items():\n"
            "    print('Reply:', c.hset('HolbertonSchools', n, v))\n"
            "rows = [f\"  {repr(n) if ' ' in n else n}: {v!r}\" for n, v in c.hgetall('HolbertonSchools').items()]\n"
            "print('{', ',\\n'.join(rows), '}', sep='\\n')\n"
        ),
    ),
    "polls its subscription": (
        "5_subscriber.py",
        lambda text: (
            HEADER
            + "p = c.pubsub(); p.subscribe('holberton school channel')\n"
            + HELLO
            + "m = None\n"
            "while m != 'KILL_SERVER':\n"
            "    e = p.get_message(timeout=0.05)\n"
            "    if e and e['type'] == 'message':\n        m = e['data']; print(m, flush=True)\n"
            "p.unsubscribe()\n"
        ),
    ),
    "an event loop for timers": (
        "5_publisher.py",
        lambda text: (
            HEADER + HELLO + "import asyncio\nloop = asyncio.new_event_loop()\n"
            "def publish(m):\n    print('About to send', m, flush=True); c.publish('holberton school channel', m)\n"
            "for n, m in enumerate(['Holberton Student #1 starts course', 'Holberton Student #2 starts course', 'KILL_SERVER',"
            " 'Holberton Student #3 starts course']):\n    loop.call_later((n + 1) / 10, publish, m)\n"
            "loop.run_forever()\n"
        ),
    ),
    "polls the job's status": (
        "6_job_creator.py",
        lambda text: text.replace(
            "result = outcome(job)\n",
            "while job.get_status() not in ('finished', 'failed'):\n    time.sleep(0.1)\nresult = job.latest_result()\n",
        ),
    ),
}


def grade(folder, *arguments):
    """Run the grader on a folder; return its exit status and what it printed on stdout and stderr."""
    kind = "redis-server" if REDIS_SERVER else "fakeredis"
    command = [
        sys.executable,
        "-m",
        "pytest",
        f"--scripts={folder}",
        f"--server={kind}",
        "-q",
        *arguments,
    ]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST")
    }
    done = subprocess.run(
        command, cwd=OURS, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout, done.stderr


def judge(folder, *tests):
    """Run the grader on a folder, on any free port; return its exit status and what it printed."""
    return grade(folder, "--port=0", *tests)[:2]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The grader's verdicts, by name: four at a time, as they mostly wait."""

    def solution(script, change):
        folder = tmp_path_factory.mktemp("solution")
        for task in TASKS:
            shutil.copy(OURS / task.script, folder)
        text = (OURS / script).read_text()
        changed = change(text)
        assert changed != text, f"nothing changed in {script}"
        (folder / script).write_text(changed)
        return folder

    def swap(old, new):
        return lambda text: text.replace(old, new)

    with ThreadPoolExecutor(4) as pool:
        verdicts = {}
        for name, script, old, new in WRONG:
            folder = solution(script, swap(old, new))
            test = f"tests/test_{Path(script).stem}.py"
            verdicts[name] = pool.submit(
                judge, folder, *(["tests"] if name in WHOLE else [test, "-x"])
            )
        for name, (script, change) in RIGHT.items():
            verdicts[name] = pool.submit(
                judge, solution(script, change), f"tests/test_{Path(script).stem}.py"
            )
        missing = solution("6_job_processor.py", lambda text: "")
        (missing / "6_job_processor.py").unlink()
        verdicts["missing"] = pool.submit(judge, missing, "tests")
        yield verdicts


def failed_tasks(output):
    """The scripts that the table at the end of a run says have failed."""
    return [
        line.split()[-4]
        for line in output.splitlines()
        if line.endswith(" s") and " failed " in line
    ]


@pytest.mark.parametrize("name, script", [wrong[:2] for wrong in WRONG])
def test_a_wrong_solution_fails_at_its_task(judged, name, script):
    status, output = judged[name].result()
    assert status == 1, output
    assert failed_tasks(output) == [script], output
    assert "To run it by hand" in output and "Traceback" not in output


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_solution_passes(judged, name):
    status, output = judged[name].result()
    assert status == 0, output


def test_a_taken_port_is_told_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, output, errors = grade(OURS / "tests", f"--port={taken.getsockname()[1]}")
    assert status == 4
    assert output == "" and len(errors.strip().splitlines()) == 1 and "is taken" in errors


def test_a_missing_script_fails_its_own_task_only(judged):
    status, output = judged["missing"].result()
    assert status == 1
    assert failed_tasks(output) == ["6_job_processor.py"], output
    assert "6_job_processor.py is missing" in output
