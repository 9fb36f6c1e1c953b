"""What the README says: its consoles are the course's, its commands work, in its order."""

import configparser
import contextlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from .course import transcript
from .servers import REDIS_SERVER, RealServer, free_port
from .walkthrough import ORDERS, await_server, await_subscriber

OURS = Path(__file__).resolve().parent.parent
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
    r"(\.venv/bin/)?python -m pytest( --scripts \w+( --task \d)?| -m long)?",
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
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return free_port()
    return port


class Terminal:
    """A bash command on a terminal of its own."""

    def __init__(self, command, folder, environment):
        self.command = command
        self.master, terminal = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", "-c", f"trap '' HUP; {command}"],  # or its end may end what it put behind it
            cwd=folder,
            env=environment,
            **dict.fromkeys(("stdin", "stdout", "stderr"), terminal),
            start_new_session=True,
        )
        os.close(terminal)
        self.written = b""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError):  # EIO, once nobody has the terminal open any more
            while chunk := os.read(self.master, 65536):
                self.written += chunk

    @property
    def lines(self):
        return self.written.decode().replace("\r\n", "\n").splitlines()

    def wait(self, ready, timeout=30):
        """Wait until ready(self), or the command has ended and all that it wrote is read."""
        end = time.monotonic() + timeout
        while not ready(self) and (self.process.poll() is None or self.reader.is_alive()):
            assert time.monotonic() < end, (self.command, self.lines)
            time.sleep(0.005)
        return self

    def ended(self):
        """Wait for the end, and return the exit status."""
        self.wait(lambda terminal: False)
        return self.process.wait()

    def interrupt(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join(1)
        os.close(self.master)


class Reader:
    """A person with a copy of the project and a home folder, who types what the README says."""

    def __init__(self, folder, **environment):
        self.home, self.folder = folder / "home", folder / "project"
        self.home.mkdir()
        ignored = ".git", ".venv", "__pycache__", ".ruff_cache"
        shutil.copytree(OURS, self.folder, ignore=shutil.ignore_patterns(*ignored))
        clean = {
            n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "PYTEST", "RQ"))
        }
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = clean | {"HOME": str(self.home), "PATH": path} | environment
        self.terminals = []

    def start(self, command):
        self.terminals.append(Terminal(command, self.folder, self.environment))
        return self.terminals[-1]

    def type(self, command, expected=None):
        """Run a command to its end. It must succeed, and show these lines."""
        terminal = self.start(command)
        assert terminal.ended() == 0, (command, terminal.lines)
        if expected is not None:
            assert terminal.lines == expected, command
        if found := re.match(r"redis-server --port (\d+) ", command):
            await_server(int(found[1]))

    def git(self, *arguments):
        command = ["git", "-c", "user.name=x", "-c", "user.email=x", *arguments]
        return subprocess.check_output(command, cwd=self.folder, text=True)

    def close(self):
        for terminal in self.terminals:
            terminal.close()


def run_script(reader, command, expected, running):
    """Start a script. Once it and the one that it works with have shown all, compare both."""
    script = SCRIPT.fullmatch(command)[1]
    terminal = reader.start(command)
    running.append((script, terminal, expected))
    if script in PARTNERS.values():  # it waits for its partner
        terminal.wait(lambda terminal: b"\n" in terminal.written)
        if script == "5_subscriber.py":
            with redis.from_url(reader.environment["REDIS_URL"]) as client:
                await_subscriber(client)
        return
    if script not in PARTNERS:
        terminal.ended()
    while running:
        compare(*running.pop(0))


def compare(script, terminal, expected):
    terminal.wait(lambda terminal: terminal.written.count(b"\n") >= len(expected))
    if "processor" in script:
        terminal.interrupt()
    terminal.ended()
    shown = [line for line in terminal.lines if line != "^C"]
    order = ORDERS.get(script, list)
    assert order(shown) == order(expected), script


def test_the_consoles_are_those_of_the_transcripts():
    shown = set()
    for block in blocks(README):
        for command, lines in block.commands() if block.kind == "console" else []:
            if found := SCRIPT.fullmatch(command):
                name = found[1].removesuffix(".py")
                refused = ".refused" if "not connected" in lines[0] else ""
                order = ORDERS.get(found[1], list)
                expected = [x.replace("6379", "6380") for x in transcript(name + refused)]
                assert order(lines) == order(expected), command
                shown.add(name + refused)
    assert shown == {file.stem for file in OURS.glob("tests/transcripts/*.txt")}


@real
def test_the_commands_work_in_the_order_of_the_readme(tmp_path):
    port = free(6380)
    text = README.replace("6380", str(port))
    reader, running = Reader(tmp_path), []
    with contextlib.closing(reader):
        reader.git("init", "-q")
        reader.git("add", ".")
        reader.git("commit", "-q", "-m", "x")
        try:
            for block in blocks(text):
                if block.section == WEB or block.kind not in ("sh", "console"):
                    continue
                if block.section.startswith("Task 1:"):
                    assert reader.git("status", "--porcelain") == "", "after task 0"
                for command, expected in block.commands():
                    if SCRIPT.fullmatch(command):
                        run_script(reader, command, expected, running)
                    elif command.startswith("export "):
                        name, _, value = command.removeprefix("export ").partition("=")
                        reader.environment[name] = value
                    elif not is_shape(command):
                        quiet = block.kind == "console" or "| diff " in command
                        reader.type(command, expected if quiet else None)
            # Those in the text: to save, and to stop for good.
            prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
            commands = re.findall(rf"`(redis-cli -p {port} [^`]+)`", prose)
            assert [command.split(" ", 3)[3] for command in commands] == ["save", "shutdown nosave"]
            for command in commands:
                reader.type(command)
            assert reader.git("status", "--porcelain") == ""
        finally:
            shutdown = f"redis-cli -p {port} shutdown nosave"
            subprocess.run(shutdown, shell=True, capture_output=True, check=False)


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
    with (
        RealServer() as server,
        contextlib.closing(Reader(tmp_path, REDIS_URL=server.url)) as reader,
    ):
        server.client.set("rq:ids", 11)  # as many jobs as the tasks before have made
        (reader.home / "school").mkdir()
        (reader.home / "school" / "web.py").write_text(program.text)
        fill, run = start.text.splitlines()
        reader.type(fill)
        app = reader.start(run).wait(lambda terminal: b"Running on" in terminal.written)
        processor = reader.start("python 6_job_processor.py")
        url = f"http://localhost:{port}"
        for command, expected in console.commands():
            if command.endswith("/12"):  # a person types slower than a job is done
                processor.wait(lambda terminal: b"4153518743" in terminal.written)
                wait_for(lambda: ask(f"{url}/notifications/12")[1]["state"] == "finished")
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
        wait_for(lambda: ask(f"{url}/notifications/13")[1] == {"id": "13", "state": "finished"})
        assert processor.lines == [
            "Sending notification to 4153518743, with message: Hello",
            "Sending notification to 4150000000, with message: Good bye",
        ]
        assert b"Traceback" not in app.written


def wait_for(ready, timeout=20):
    end = time.monotonic() + timeout
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)


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
