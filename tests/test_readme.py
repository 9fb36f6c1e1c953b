"""What the README says: its consoles are the course's, its commands work, in its order."""

import configparser
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from .course import CHANNEL, ORDERS, OURS, transcript
from .harness.console import Console
from .harness.servers import REDIS_SERVER, RealServer, Server, free_port, is_free
from .harness.waiting import wait_until

README = (OURS / "README.md").read_text()
WEB = "Beyond the tasks: a web app"
# Scripts that another one makes go on; both are started, and then both are waited for.
PARTNERS = {
    "5_publisher.py": "5_subscriber.py",
    "6_job_processor.py": "6_job_creator.py",
    "7_job_processor.py": "7_job_creator.py",
}
SCRIPT = re.compile(r"python (\d\w+\.py)( \| tee \S+)?")
# What is not run here: the set-up, the tests, and what takes long. Their shape is tested.
SHAPES = [
    r"python3 -m venv \.venv && .* -m pip install -q -r .* && .* -m tests\.walkthrough",
    r"(\.venv/bin/)?python -m pytest( -m long)?",
    r"python -m tests\.grader \w+( --task \d)?",
    r"\. \.venv/bin/activate",
    r"python -m pip install flask",
    r"python -m tests\.benchmark",
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
    found = re.finditer(r"^#+ ([^\n]*)$|^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    section, blocks = "", []
    for match in found:
        section = match[1] or section
        if match[1] is None:
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

    def git(self, *arguments):
        command = ["git", "-c", "user.name=x", "-c", "user.email=x", *arguments]
        return subprocess.check_output(command, cwd=self.folder, text=True)


def run_script(reader, command, expected, running):
    """Start a script. Once it and the one that it works with have shown all, compare both."""
    script = SCRIPT.fullmatch(command)[1]
    console = reader.start(command)
    running.append((script, console, expected))
    if script in PARTNERS.values():  # it waits for its partner
        assert console.wait(lambda console: console.times)
        if script == "5_subscriber.py":
            with redis.from_url(reader.environment["REDIS_URL"]) as client:
                wait_until(lambda: client.pubsub_numsub(CHANNEL)[0][1])
        return
    if script not in PARTNERS:
        console.wait_exit(30)
    while running:
        compare(*running.pop(0))


def compare(script, console, expected):
    assert console.wait(lambda console: len(console.times) >= len(expected), 30), console.lines
    if "processor" in script:
        console.wait(lambda console: False, 1)
        console.type("\x03")
    assert console.wait_exit(30) is not None
    shown = [line for line in console.lines if line != "^C"]
    order = ORDERS.get(Path(script).stem, list)
    assert order(shown) == order(expected), script


def test_the_consoles_are_those_of_the_transcripts():
    shown = set()
    for block in blocks(README):
        for command, lines in block.commands() if block.kind == "console" else []:
            if found := SCRIPT.fullmatch(command):
                name = found[1].removesuffix(".py")
                refused = ".refused" if "not connected" in lines[0] else ""
                order = ORDERS.get(name, list)
                expected = [x.replace("6379", "6380") for x in transcript(name + refused)]
                assert order(lines) == order(expected), command
                shown.add(name + refused)
    assert shown == {file.stem for file in OURS.glob("tests/transcripts/*.txt")}


def type_block(reader, block, running):
    """Type the commands of a block, one after the other."""
    for command, expected in block.commands():
        if SCRIPT.fullmatch(command):
            run_script(reader, command, expected, running)
        elif command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            reader.environment[name] = value
        elif not is_shape(command):
            shown = block.kind == "console" or "| diff " in command
            reader.type(command, expected if shown else None)


@real
def test_the_commands_work_in_the_order_of_the_readme(tmp_path):
    port = free(6380)
    text = README.replace("6380", str(port))
    running = []
    with Reader(tmp_path) as reader:
        for words in ["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]:
            reader.git(*words)
        for block in blocks(text):
            if block.section.startswith("Task 1:"):
                assert reader.git("status", "--porcelain") == "", "after task 0"
            if block.section != WEB and block.kind in ("sh", "console"):
                type_block(reader, block, running)
        # Those in the text: to save, and to stop for good.
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        commands = re.findall(rf"`(redis-cli -p {port} [^`]+)`", prose)
        assert [command.split(" ", 3)[3] for command in commands] == ["save", "shutdown nosave"]
        for command in commands:
            reader.type(command)
        assert reader.git("status", "--porcelain") == ""


def is_shape(command):
    return any(re.fullmatch(shape, command) for shape in SHAPES)


def test_the_set_up_and_the_tests_are_two_commands():
    block = blocks(README)[0]
    assert block.kind == "sh" and len(block.commands()) == 2
    assert all(is_shape(command) for command, _ in block.commands())


def ask(url, data=None):
    """The status and the JSON of an answer."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers if data else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


@real
def test_the_web_app_talks_to_redis_and_to_the_queue(tmp_path):
    pytest.importorskip("flask")
    port = free(8000)
    section = [b for b in blocks(README.replace("8000", str(port))) if b.section == WEB]
    install, program, start, console = section
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
        url = f"http://localhost:{port}"
        for command, expected in console.commands():
            if command.endswith("/12"):  # a person types slower than a job is done
                processor.wait(lambda processor: "4153518743" in processor.stdout)
                wait_until(lambda: ask(f"{url}/notifications/12")[1]["state"] == "finished")
            if shutil.which("curl"):
                reader.type(command, expected)
            elif "-d" in command:
                ask(f"{url}/notifications", b'{"phoneNumber": "4153518743", "message": "Hello"}')
        assert ask(f"{url}/schools/New%20York") == (200, {"New York": "20"})
        assert ask(f"{url}/schools/Nowhere") == (404, None)
        for data in (
            b"{",
            b"[]",
            b'"text"',
            b'{"phoneNumber": "4153518743"}',
            b'{"phoneNumber": 4153518743, "message": "Hello"}',
        ):
            assert ask(f"{url}/notifications", data) == (400, None)
        for number in "99", "0", "x", "-1", "12/13":
            assert ask(f"{url}/notifications/{number}") == (404, None)
        asked = b'{"phoneNumber": "4150000000", "message": "Good bye", "more": 1}'
        assert ask(f"{url}/notifications", asked) == (201, {"id": "13"})
        wait_until(lambda: ask(f"{url}/notifications/13")[1] == {"id": "13", "state": "finished"})
        assert processor.lines == [
            "Sending notification to 4153518743, with message: Hello",
            "Sending notification to 4150000000, with message: Good bye",
        ]
        assert "Traceback" not in app.stdout


def test_the_systemd_unit_is_right(tmp_path):
    (unit,) = (block.text for block in blocks(README) if block.kind == "ini")
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
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", file],
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if file.name in line]
        assert (done.returncode, told) == (0, [])


def test_there_are_at_most_1500_words_of_prose():
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if not line.startswith("|")]
    assert len(" ".join(lines).split()) <= 1500


def test_every_file_that_the_readme_links_is_there():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://") or (OURS / target).is_file(), target
