"""Wrong solutions: each is our ten scripts with one mistake, such as a student would make.

Those that differ from ours in a few lines are in wrong/, a file for each script. A diff has the
mistake's name, and lines without their comments: those that it removes from our script (-), adds
(+), or names only to mark the place ( ). Those that know the course's lines by heart are made here.
"""

import re
from pathlib import Path

from ...course import EDITIONS, OURS, QUEUES, TASKS, transcript

SCRIPTS = [task.script for task in TASKS if task.script.endswith(".py")]
TEXTS = {script: (OURS / script).read_text() for script in SCRIPTS}


def code(line):
    """Return a line without its comment."""
    return re.sub(r"(^|  )\s*#.*", "", line).rstrip()


def edited(text, edit):
    """Apply an edit to a script. A line that the edit removes, or names to mark the place, is the
    next one with that code, whatever its comment; new lines are inserted at that place.

    Raises LookupError if there is no such line.
    """
    lines, here = text.splitlines(), 0
    for sign, line in [(row[0], row[1:]) for row in edit.splitlines()]:
        if sign == "+":
            lines.insert(here, line)
        else:
            codes = [code(row) for row in lines]
            if line not in codes[here:]:
                raise LookupError(f"the script has no line {line!r} there any more")
            here = codes.index(line, here)
        if sign == "-":
            del lines[here]
        else:
            here += 1
    return "\n".join(lines) + "\n"


def edits(script):
    """Yield each mistake in wrong/: its name, and the script with it, or the LookupError if its
    diff no longer applies."""
    parts = Path(__file__).with_name("wrong").joinpath(f"{script[:-3]}.diff").read_text()
    for part in re.split("^# ", parts, flags=re.MULTILINE)[1:]:
        name, edit = part.rstrip("\n").split("\n", 1)
        try:
            yield name, edited(TEXTS[script], edit)
        except LookupError as error:
            yield name, error


def alx(text):
    """Return our script in the words of the other edition. It deletes the string at the hash's
    key first."""
    hash_key = f'"{EDITIONS["holberton"].hash_key}"'
    if hash_key in text:
        text = text.replace("\nschools = ", '\nclient.delete("ALX")\nschools = ')
    for old, new in reversed(list(zip(EDITIONS["holberton"], EDITIONS["alx"]))):
        old, new = [one if isinstance(one, str) else one[0] for one in (old, new)]
        text = text.replace(f'"{old}', f'"{new}')
    return text


CONNECTS = """import os, signal, sys, time
import redis
client = redis.from_url(os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379", protocol=2)
try:
    client.ping()
except redis.ConnectionError as error:
    print(f"Redis client not connected to the server: {error}", flush=True)
    sys.exit(1)
"""
WAITS = f"""{CONNECTS}
while not client.llen("rq:queue:QUEUE"):
    time.sleep(0.02)
"""
PAUSE = "signal.pause()\n"


def hard_coded(script, pause=0, before=CONNECTS, after=""):
    """Return a script that prints its transcript, and only checks that Redis is there."""
    lines = transcript(Path(script).stem)
    says = f"    print(line, flush=True)\n    time.sleep({pause})\n"
    return f"{before}for line in {lines}:\n{says}{after}"


def wrong_solutions():
    """Return, by script and by the name of a mistake, the script with that mistake."""
    wrong = {script: dict(edits(script)) for script in SCRIPTS}
    how = {script: {} for script in SCRIPTS}
    how["0_redis_client.py"] = {"before": "import time\n"}
    how |= {"5_subscriber.py": {"pause": 0.3}, "5_publisher.py": {"pause": 0.1}}
    for pair in "67":
        script, waits = f"{pair}_job_processor.py", WAITS.replace("QUEUE", QUEUES[pair])
        how[script] = {"after": PAUSE}
        wrong[script]["waits for a job to come"] = hard_coded(script, before=waits, after=PAUSE)
    for script in SCRIPTS:
        wrong[script]["canned"] = hard_coded(script, **how[script])
    script = "0_redis_client.py"
    wrong[script] |= {"empty": "", "a null byte": f"{TEXTS[script]}\0\n"}
    wrong["2_redis_op_async.py"]["nothing awaited"] = TEXTS["1_redis_op.py"]
    script = "7_job_creator.py"
    wrong[script]["all by a timer"] = hard_coded(script, 0.02)
    jobs_made, loop = TEXTS[script].split("    lost = []")
    after = loop.partition("\n\n\n")[2]  # what follows main()
    rest = f"    sleep(1)\n    print(*{transcript('7_job_creator')[11:]}, sep='\\n')\n"
    wrong[script]["jobs made, and the rest by a timer"] = f"{jobs_made}{rest}\n\n{after}"
    script = "7_job_processor.py"
    before, after = re.split(r"print\(f\"Sending.*\n", TEXTS[script])
    print_it = f"print({transcript('7_job_processor')}[int(job.id) - 3])\n"
    wrong[script]["the course's line for any job"] = before + print_it + after
    return wrong


WRONG = wrong_solutions()
