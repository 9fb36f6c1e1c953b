"""What the README says: its consoles are the course's, its commands work, in its order."""

import configparser
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from .course import CHANNEL, ORDERS, OURS, TASKS, transcript
from .harness.console import Console
from .harness.servers import REDIS_SERVER, RealServer, Server, free_port, is_free
from .harness.waiting import wait_until

README = (OURS / "README.md").read_text()
WEB = "Beyond the tasks: a web app"
WAIT_FOR_A_PARTNER = "5_subscriber", "6_job_creator", "7_job_creator"  # which is started next
SCRIPT = re.compile(r"python (\d\w+)\.py( \| tee \S+)?")
# What is not run here: the set-up, the tests, and what takes long. Their shape is tested.
SHAPES = [
    r"python3 -m venv \.venv && .* -m pip install -q -r .* && .* -m tests\.walkthrough",
    r"(\.venv/bin/)?python -m pytest( -m long)?",
    r"python -m tests\.grader \w+( --task \d)?",
    r"\. \.venv/bin/activate",
    r"python -m pip install flask",
    r"python -m tests\.harness\.servers \d+",
]
real = pytest.mark.skipif(not REDIS_SERVER, reason="there is no redis-server on this machine")


class Block(NamedTuple):
    section: str
    kind: str
    text: str

    def commands(self):
        """(command, the lines below it) of a console, or of a list of commands."""
        if self.kind == "sh":
            return [(line, []) for line in self.text.splitlines()]
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        return [(part.splitlines()[0], part.splitlines()[1:]) for part in parts]


def blocks(text):
    """The blocks of a page, and the commands for redis-cli that are in its text, in its order."""
    text = re.sub(r"^\|.*\n", "", text, flags=re.MULTILINE)  # without tables
    parts = r"^#+ ([^\n]*)$|^```(\w*)\n(.*?)^```$|`(redis-cli -p [^`]+)`"
    section, blocks = "", []
    for match in re.finditer(parts, text, re.MULTILINE | re.DOTALL):
        section = match[1] or section
        if match[4]:
            blocks.append(Block(section, "sh", match[4].replace("\n", " ")))
        elif match[1] is None:
            blocks.append(Block(section, match[2], match[3]))
    return blocks


def free(port):
    """The port of the README or, where that is taken, another one."""
    return port if is_free(port) else free_port()


class Reader(contextlib.ExitStack):
    """A person with a copy of the project and a home folder, who types what the README says."""

    def __init__(self, folder, **environment):
        super().__init__()
        self.home, self.folder = folder / "home", folder / "project"
        self.home.mkdir()
        ignored = ".git", ".venv", "__pycache__", ".ruff_cache"
        shutil.copytree(OURS, self.folder, ignore=shutil.ignore_patterns(*ignored))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {"HOME": str(self.home), "PATH": path} | environment

    def start(self, command):
        """Run a command on a terminal of its own; return its Console."""
        bash = ["bash", "-c", f"trap '' HUP; {command}"]  # or its end may end what it put behind it
        console = Console(bash, cwd=self.folder, env=self.environment, screen=True)
        return self.enter_context(console)

    def type(self, command, expected=None):
        """Run a command to its end. It must succeed, and show these lines."""
        console = self.start(command)
        assert console.wait_exit(30) == 0, (command, console.lines)
        if expected is not None:
            assert console.lines == expected, command
        if found := re.match(r"redis-server --port (\d+) ", command):
            server = Server(int(found[1]))
            wait_until(server.is_alive)
            self.callback(end, server)


def end(server):
    """End a server that is still there: it hides its environment, so that its Console cannot."""
    with contextlib.suppress(redis.RedisError):
        server.client.shutdown(nosave=True)


def run_script(reader, command, expected, running):
    """Start a script. Once it and the one that it works with have shown all, compare both."""
    script = SCRIPT.fullmatch(command)[1]
    console = reader.start(command)
    running.append((script, console, expected))
    if script in WAIT_FOR_A_PARTNER:
        count = max(1, sum("created" in line for line in expected))
        assert console.wait(lambda console: len(console.times) >= count)
        if script == "5_subscriber":
            with redis.from_url(reader.environment["REDIS_URL"]) as client:
                wait_until(lambda: client.pubsub_numsub(CHANNEL)[0][1])
    else:
        while running:
            compare(*running.pop(0))


def compare(script, console, expected):
    assert console.wait(lambda console: len(console.times) >= len(expected), 30), console.lines
    if "processor" in script:
        console.wait_exit(1)
        console.type("\x03")
    assert console.wait_exit(30) is not None
    shown = [line for line in console.lines if line != "^C"]
    order = ORDERS.get(script, list)
    assert order(shown) == order(expected), script


def test_the_consoles_are_those_of_the_transcripts():
    shown = set()
    for block in blocks(README):
        for command, lines in block.commands() if block.kind == "console" else []:
            if found := SCRIPT.fullmatch(command):
                name = found[1] + (".refused" if "not connected" in lines[0] else "")
                order = ORDERS.get(name, list)
                expected = [line.replace("6379", "6380") for line in transcript(name)]
                assert order(lines) == order(expected), command
                shown.add(name)
    assert shown == {file.stem for file in OURS.glob("tests/transcripts/*.txt")}


def type_block(reader, block, running):
    """Type the commands of a block, one after the other."""
    for command, expected in block.commands():
        if SCRIPT.fullmatch(command):
            run_script(reader, command, expected, running)
        elif command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            reader.environment[name] = value
        elif command.endswith(" monitor"):
            console = reader.start(command)
            assert console.wait_line("OK")
            console.type("\x03")
        elif not is_shape(command):
            shown = block.kind == "console" or "| diff " in command
            reader.type(command, expected if shown else None)


@real
@pytest.mark.long
def test_the_commands_work_in_the_order_of_the_readme(tmp_path):
    port = free(6380)
    text = README.replace("6380", str(port))
    running = []
    with Reader(tmp_path) as reader:
        reader.type("git init -q && git add .")
        reader.type("git -c user.name=x -c user.email=x commit -q -m x")
        for block in blocks(text):
            if block.section.startswith("Task 1:"):
                reader.type("git status --porcelain", [])
            if "shutdown" in block.text and block.kind == "sh":
                last = block
            elif block.section != WEB and block.kind in ("sh", "console"):
                type_block(reader, block, running)
        type_block(reader, last, running)
        reader.type("git status --porcelain", [])


def test_the_lines_that_matter_stand_in_the_scripts():
    shown = set()
    for block in blocks(README):
        if block.kind == "python" and block.section != WEB:
            task = block.section[5]
            scripts = [one.script for one in TASKS[1:] if one.number == task]
            [name] = [name for name in scripts if block.text in (OURS / name).read_text()]
            assert len(block.text.splitlines()) in range(2, 16)
            shown.add(name)
    assert shown == {task.script for task in TASKS[1:]}


def test_the_stand_in_is_a_server_until_an_interrupt():
    [command] = [b.text for b in blocks(README) if "harness.servers" in b.text]
    port = free_port()
    words = command.replace("6380", str(port)).split()
    with Console([sys.executable, *words[1:]], cwd=OURS, screen=True) as console:
        assert console.wait_line(f"A stand-in for Redis listens on port {port}, until ^C.", 20)
        with Console(OURS / "1_redis_op.py", f"redis://127.0.0.1:{port}") as script:
            assert script.wait_exit() == 0
            assert script.lines == transcript("1_redis_op")
        console.type("\x03")
        assert console.wait_exit() == 0 and len(console.lines) == 2


# What a student may see when it does not work, and how it comes about, with a server on port 6380.
CLI = "redis-cli -p 6380"
TROUBLES = {
    "connect ECONNREFUSED 127.0.0.1:6379": "REDIS_URL= python 0_redis_client.py",
    "connect ECONNREFUSED 127.0.0.1:6380": f"{CLI} shutdown nosave; python 0_redis_client.py",
    "Authentication required": f"{CLI} config set requirepass x; python 0_redis_client.py",
    "invalid username-password pair": f"{CLI} config set requirepass x; "
    "REDIS_URL=redis://:y@127.0.0.1:6380 python 0_redis_client.py",
    "Address already in use": "redis-server --port 6380",
    "Notification job created: 12": f"{CLI} set rq:ids 11; timeout 3 python 6_job_creator.py",
    "Notification job created: 1": "timeout 3 python 6_job_creator.py",
    "No module named 'redis'": "python -S 0_redis_client.py",
    "No module named 'tests'": "cd /; python -m tests.walkthrough",
    "WRONGTYPE": f"{CLI} lpush HolbertonSchools x; python 4_redis_advanced_op.py",
    "No such job in Redis any more: 1": f"(sleep 2; {CLI} flushall) & python 6_job_creator.py",
    "KeyError: 'phoneNumber'": "sed s/phoneNumber/phone/ 6_job_creator.py > creator.py; "
    "timeout 3 python creator.py & timeout -s INT 5 python 6_job_processor.py",
}


def test_the_table_of_troubles_is_the_one_that_is_tried():
    section = README.split("## When it does not work\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([^`]+)`", section, re.MULTILINE) == list(TROUBLES)


@pytest.mark.long
@real
@pytest.mark.parametrize("seen, command", TROUBLES.items())
def test_a_trouble_is_seen_as_the_table_says(tmp_path, seen, command):
    if "6379" in seen and not is_free(6379):
        pytest.skip("port 6379 is taken")
    with RealServer() as server, Reader(tmp_path, REDIS_URL=server.url) as reader:
        console = reader.start(command.replace("6380", str(server.port)))
        console.wait_exit(20)
        assert seen.replace("6380", str(server.port)) in console.stdout


def is_shape(command):
    return any(re.fullmatch(shape, command) for shape in SHAPES)


def test_the_set_up_and_the_tests_are_two_commands():
    block = blocks(README)[0]
    assert block.kind == "sh" and len(block.commands()) == 2
    assert all(is_shape(command) for command, _ in block.commands())


def ask(port, path, data=None):
    """The status and the JSON of an answer."""
    with contextlib.closing(http.client.HTTPConnection("localhost", port, timeout=20)) as app:
        app.request("POST" if data else "GET", path, data, {"Content-Type": "application/json"})
        answer = app.getresponse()
        return answer.status, json.load(answer) if answer.status < 400 else None


@real
def test_the_web_app_talks_to_redis_and_to_the_queue(tmp_path):
    pytest.importorskip("flask")
    port = free(8000)
    section = [b for b in blocks(README.replace("8000", str(port))) if b.section == WEB]
    install, program, start, console, _ = section
    assert install.text == "python -m pip install flask\n" and program.kind == "python"
    assert 20 <= len(program.text.splitlines()) <= 45
    with RealServer() as server, Reader(tmp_path, REDIS_URL=server.url) as reader:
        server.client.set("rq:ids", 11)  # as many jobs as the tasks before have made
        (reader.home / "school").mkdir()
        (reader.home / "school" / "web.py").write_text(program.text)
        fill, run = start.text.splitlines()
        reader.type(fill)
        app = reader.start(run)
        assert app.wait(lambda app: "Running on" in app.stdout, 30)
        processor = reader.start("python 6_job_processor.py")
        for command, expected in console.commands():
            if command.endswith("/12"):  # a person types slower than a job is done
                processor.wait(lambda processor: "4153518743" in processor.stdout)
                wait_until(lambda: ask(port, "/notifications/12")[1]["state"] == "finished")
            if shutil.which("curl"):
                reader.type(command, expected)
            elif "-d" in command:
                ask(port, "/notifications", b'{"phoneNumber": "4153518743", "message": "Hello"}')
        assert ask(port, "/schools/New%20York") == (200, {"New York": "20"})
        assert ask(port, "/schools/Nowhere") == (404, None)
        no_message = b'{"phoneNumber": "4153518743"}'
        no_text = b'{"phoneNumber": 4153518743, "message": "Hello"}'
        for data in b"{", b"[]", b'"text"', no_message, no_text:
            assert ask(port, "/notifications", data) == (400, None)
        for number in "99", "0", "x", "-1", "12/13":
            assert ask(port, f"/notifications/{number}") == (404, None)
        asked = b'{"phoneNumber": "4220000000", "message": "Good bye", "more": 1}'
        assert ask(port, "/notifications", asked) == (201, {"id": "13"})
        wait_until(lambda: ask(port, "/notifications/13")[1] == {"id": "13", "state": "finished"})
        assert processor.lines == [
            "Sending notification to 4153518743, with message: Hello",
            "Sending notification to 4220000000, with message: Good bye",
        ]
        assert "Traceback" not in app.stdout


def test_the_systemd_unit_is_right(tmp_path):
    [unit] = [block.text for block in blocks(README) if block.kind == "ini"]
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read_string(unit)
    assert parser["Service"]["Restart"] == "always"
    python, script = parser["Service"]["ExecStart"].split()
    assert python == "/opt/queue/.venv/bin/python"
    assert (OURS / Path(script).relative_to("/opt/queue")).is_file()
    if shutil.which("systemd-analyze"):
        file = tmp_path / "notifications.service"
        file.write_text(unit.replace(python, sys.executable).replace("/opt/queue", str(OURS)))
        command = ["systemd-analyze", "verify", "--man=no", file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines() if file.name in line]
        assert (done.returncode, said) == (0, [])


@pytest.mark.parametrize("name, most", [("README.md", 2200), ("tests/README.md", 700)])
def test_the_prose_is_short(name, most):
    text = (OURS / name).read_text()
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if not line.startswith("|")]
    assert len(" ".join(lines).split()) <= most


def test_every_file_that_the_readme_links_is_there():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://") or (OURS / target).is_file(), target
