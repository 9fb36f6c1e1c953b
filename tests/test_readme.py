"""The README is true: its commands, typed in its order on three terminals, show its lines.

In a block of the kind `console`, a reader types what follows a `$`, and each `^C`. All other lines
must be shown. A block without a `$` is what a terminal shows later on. The text before a block says
which terminal it is for, or which file a diff changes.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from .course import CONNECTED, NORMALIZERS, OURS, TASKS, in_any_order, job_by_job, transcript
from .harness.servers import RealServer, Server, free_port
from .harness.waiting import wait_until

README = (OURS / "README.md").read_text()
WEB = "Beyond the tasks: a web app"
PROMPT = "$ "
PATIENCE = 150  # seconds; a job whose worker was killed is done again within two minutes
SCRIPT = re.compile(r"\bpython (\d_\w+)\.py")
# Commands not typed here: they install something, or other tests run them.
SKIPPED = re.compile(r"(git clone|cd|wget|tar|make|sudo) ?|\S*python3? -m |\. \.venv/bin/activate")
# Lines that the README does not show: the prompt, and what it says that some servers add.
NOT_SHOWN = re.compile(r"(\$ )?$|Could not connect to Redis|.* WARNING Memory overcommit")


class Block(NamedTuple):
    section: str
    before: str  # the text between the block before and this one
    kind: str
    text: str
    terminal: int

    def saved_as(self):
        """Return the name of the file if this block is a whole file, or None."""
        found = re.search(r"Save (?:it|this) as `(\S+)`", self.before)
        return found and self.kind == "python" and found[1]


def blocks(text=README):
    """Return the blocks of a page, in order."""
    found, section, before, terminal = [], "", "", 1
    for part in re.split(r"^(#+ [^\n]*$|```\w*\n.*?^```$)", text, flags=re.MULTILINE | re.DOTALL):
        if part.startswith("#"):
            section, before, terminal = part.lstrip("# "), "", 1
        elif part.startswith("```"):
            kind, _, lines = part.strip("`").partition("\n")
            found.append(Block(section, before, kind, lines, terminal))
        else:
            before = part
            terminal = int((re.findall(r"[Tt]erminal (\d)", part) or [terminal])[-1])
    return found


BLOCKS = blocks()
LINES = [(block, line) for block in BLOCKS for line in block.text.splitlines()]


def job_by_job_or_lost(lines):
    """Like job_by_job; lost jobs may be named in any order, so sort that line's characters."""
    lost = [sorted(line) for line in lines if line.startswith("No longer in Redis: ")]
    return job_by_job([line for line in lines if not line.startswith("No longer")]) + lost


ANY_ORDER = {
    "7_job_creator": job_by_job_or_lost,
    "7_job_processor": in_any_order,
    "slow_pool": in_any_order,
}


def without_chance(line):
    """Remove what differs between runs: random ids, timestamps, and the figures of `time`. Of its
    real time, keep the number of full four seconds."""
    line = re.sub(r"\b([0-9a-f]{32}|1\d{9})\b", "N", line)
    line = re.sub(r"^(user|sys)\s.*", r"\1", line)
    return re.sub(r"^real\s+0m(\d+)\..*", lambda found: f"real {int(found[1]) // 4}", line)


class Terminal:
    """A reader's terminal: its shell, and what the last command that was typed must show."""

    def __init__(self, shell):
        self.shell, self.begin, self.expected, self.order = shell, 0, [], list

    def shown(self):
        """Return what the command has shown, and the shell's prompt if it has ended."""
        text = self.shell.stdout[self.begin :].replace("\r\n", "\n")
        text = re.sub("Killed  +.*", "Killed", text)  # bash 5.3 adds the command
        return text.replace("^C" + PROMPT, "^C\n" + PROMPT).split("\n")

    def expect(self):
        """Wait until the command has shown exactly the lines that it must."""
        expected = self.order([without_chance(line) for line in self.expected])

        def shown():
            lines = [line for line in self.shown() if not NOT_SHOWN.match(line)]
            return self.order([without_chance(line) for line in lines])

        self.shell.wait(lambda _: shown() == expected, PATIENCE)
        assert shown() == expected

    def expect_end(self):
        """Wait until the command has ended, and has shown these lines."""
        assert self.shell.wait(lambda _: self.shown()[-1] == PROMPT, 60), self.shown()
        self.expect()

    def type(self, command):
        """Type a command, as soon as the one before has ended."""
        self.expect_end()
        time.sleep(0.2)  # a person takes longer to type than a job takes
        self.begin = len(self.shell.stdout) + len(command) + 2  # after what the terminal echoes
        orders = [order for name, order in ANY_ORDER.items() if name in command]
        self.expected, self.order = [], (orders or [list])[0]
        self.shell.type(command + "\n")
        self.shell.wait(lambda shell: len(shell.stdout) >= self.begin)

    def interrupt(self, line):
        """Type each ^C in a line, after the command has shown the lines before it."""
        self.expect()
        for _ in range(line.count("^C")):
            # A person waits, too. RQ can miss a ^C right after the end of a job.
            time.sleep(1.2)
            self.shell.type("\x03")
        self.expected.append(line)

    def type_unseen(self, command):
        """Type a command whose output the README does not show. It must succeed."""
        self.type(f"{command}; echo status $?")
        sign = "Running on" if "flask" in command else "status 0"  # a web app runs until ^C
        self.expected, self.order = [sign], lambda lines: sign in "\n".join(lines)
        self.expect()


class Reader:
    """Somebody with a copy of the project and a home folder, who follows the README."""

    def __init__(self, start, folder):
        self.start, self.server = start, Server()  # a command of the README starts it
        self.home, self.project, self.terminals = folder / "home", folder / "project", {}
        self.edited = None  # the last file that was changed
        self.home.mkdir()
        ignored = ".git", ".venv", "__pycache__", ".ruff_cache"
        shutil.copytree(OURS, self.project, ignore=shutil.ignore_patterns(*ignored))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {"HOME": str(self.home), "PATH": path, "PS1": PROMPT}

    def shell(self, *arguments, **environment):
        """Start bash on a terminal of its own; return its Script."""
        environment = self.environment | environment
        command = ["bash", "--norc", "--noprofile", "--noediting", *arguments]
        return self.start(command, cwd=self.project, env=environment, screen=True)

    def follow(self, block):
        """Do what a block of the README says."""
        if block.terminal not in self.terminals:
            self.terminals[block.terminal] = Terminal(self.shell("-i"))
        terminal, lines = self.terminals[block.terminal], block.text.splitlines()
        if block.kind == "console":
            for line in lines:
                if line.startswith(PROMPT):
                    terminal.type(line.removeprefix(PROMPT))
                    if "redis-server" in line:
                        wait_until(self.server.is_alive)
                elif line.startswith("^C"):
                    terminal.interrupt(line)
                else:
                    terminal.expected.append(line)
            terminal.expect()
        elif block.kind == "sh":
            for command in lines:
                if not SKIPPED.match(command):
                    terminal.type_unseen(command)
        elif block.kind == "diff":
            terminal.expect_end()
            for name in re.findall(r"`(\S+\.py)`", block.before)[-1:]:
                self.edited = self.project / name  # the next blocks may change it, too
            path = self.edited
            old, new = ("".join(x[1:] + "\n" for x in lines if x[0] != sign) for sign in "+-")
            text = path.read_text()
            assert text.count(old) == 1, (
                f"{path.name} does not have these lines exactly once: {old}"
            )
            path.write_text(text.replace(old, new))
        elif name := block.saved_as():
            (self.project / name).write_text(block.text)


@pytest.fixture
def reader(start, tmp_path):
    if not (shutil.which("redis-server") and shutil.which("redis-cli")):
        pytest.skip("README's commands need redis-server and redis-cli")
    reader = Reader(start, tmp_path)
    yield reader
    with contextlib.suppress(redis.RedisError):
        reader.server.client.shutdown(nosave=True)  # if it is still there


@pytest.mark.needs_redis_server
@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_reader_who_does_it_all_sees_what_the_readme_shows(reader):
    git = ["git", "-C", reader.project, "-c", "user.name=x", "-c", "user.email=x"]
    for arguments in ["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]:
        subprocess.run([*git, *arguments], check=True)
    text = README.replace("6380", str(reader.server.port)).replace("8000", str(free_port()))
    text = text.replace("`~", f"`{reader.home}")
    has_flask = (Path(sys.executable).parent / "flask").exists()
    has_web = has_flask and shutil.which("curl")
    # The shutdown after the web app comes last: RQ's tools need the server.
    for block in sorted(blocks(text), key=lambda one: one.section == WEB and "shut" in one.text):
        if block.section != WEB or has_web:
            reader.follow(block)
    for terminal in reader.terminals.values():
        terminal.expect_end()
    status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""


def test_every_command_in_the_prose_is_typed_in_a_console():
    course = README.split("## Run it for real\n")[0]
    prose = re.sub(r"^```.*?^```$|^\|[^\n]*$", "", course, flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`((?:redis-cli|python|rq|git) [^`\n]+ [^`\n]+)`", prose)
    assert len(named) >= 5 and {PROMPT + name for name in named} <= {line for _, line in LINES}


def test_every_exercise_has_its_answer():
    exercises = re.split(r"^\*\*Try it", README, flags=re.MULTILINE)[1:]
    assert len(exercises) == 13
    for exercise in exercises:
        before, after = exercise.split("<details><summary>Answer</summary>\n\n")
        assert "\n## " not in before and "\n\n</details>\n" in after


def test_the_consoles_are_those_of_the_transcripts():
    """They are compared by each script's first console, with what a later block adds to it."""
    consoles, terminals = {}, {}
    for block, line in LINES:
        if block.kind == "console" and line.startswith(PROMPT):
            terminals[block.terminal] = shown = []
            if found := SCRIPT.search(line):
                consoles.setdefault(found[1], []).append(shown)
        elif block.kind == "console" and line != "^C":
            terminals[block.terminal].append(line)
    consoles["0_redis_client.refused"] = [consoles["0_redis_client"].pop(0)]
    consoles["7_job_creator"].pop(0)  # its jobs are deleted before they are done
    assert set(consoles) == {file.stem for file in OURS.glob("tests/transcripts/*.txt")}
    for name, (first, *_) in consoles.items():
        order = NORMALIZERS.get(name, list)
        assert order(first) == order([line.replace("6379", "6380") for line in transcript(name)])


def test_the_lines_that_matter_stand_in_the_scripts():
    shown = set()
    for block in BLOCKS:
        if block.kind == "python" and not block.saved_as():
            scripts = [task.script for task in TASKS[1:] if task.number == block.section[5]]
            compile(textwrap.dedent(block.text), block.section, "exec")  # readers can copy it
            names = [name for name in scripts if block.text in (OURS / name).read_text()]
            assert len(names) == 1, block.text
            shown.update(names)
    assert shown == {task.script for task in TASKS[1:]}


def test_the_stand_in_is_a_server_until_an_interrupt(start):
    [command] = [line for _, line in LINES if "harness.servers" in line]
    port = free_port()
    words = command.replace("6380", str(port)).split()
    stand_in = start([sys.executable, *words[1:]], cwd=OURS, screen=True)
    told = f"A stand-in for Redis listens on port {port}, until ^C."
    stand_in.expect_line(told)
    with redis.Redis(port=port, protocol=2) as client:
        assert client.get("Holberton") == b"School"
    stand_in.type("\x03")
    stand_in.expect_end([told, "^C"])


# What readers may see when something does not work, and a command that causes it, with a server on
# port 6380.

CLI = "redis-cli -p 6380"
RUN_0 = "python 0_redis_client.py"
TLS_SERVER = """openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 1 \\
    -subj /CN=x -addext subjectAltName=IP:127.0.0.1 2> log
redis-server --port 0 --tls-port 6381 --tls-cert-file cert --tls-key-file key \\
    --tls-auth-clients no > log & sleep 3; """
TROUBLES = {
    "connect ECONNREFUSED 127.0.0.1:6379": f"REDIS_URL=redis://127.0.0.1:6379 {RUN_0}",
    "connect ECONNREFUSED 127.0.0.1:6380": f"{CLI} shutdown nosave; {RUN_0}",
    "Error 111 connecting to 127.0.0.1:6380": f"{CLI} shutdown nosave; python 6_job_creator.py",
    "Authentication required": f"{CLI} config set requirepass x; {RUN_0}",
    "invalid username-password pair": f"{CLI} config set requirepass x; "
    f"REDIS_URL=redis://:y@127.0.0.1:6380 {RUN_0}",
    "Redis URL must specify one of the following schemes": f"REDIS_URL=127.0.0.1:6380 {RUN_0}",
    "certificate verify failed": f"{TLS_SERVER} REDIS_URL=rediss://127.0.0.1:6381 {RUN_0}",
    "Timeout connecting to server": f"REDIS_URL=rediss://127.0.0.1:6380 {RUN_0}",
    "Address already in use": "redis-server --port 6380",
    "(nil)": f"{CLI} get nothing",
    "null": f"{CLI} flushall; python 1_redis_op.py",
    "Reply: 0": "python 4_redis_advanced_op.py > log; python 4_redis_advanced_op.py",
    "Notification job created: 12": f"{CLI} set rq:ids 11; python 6_job_creator.py",
    "Notification job created: 1": "python 6_job_creator.py",
    "suspended": "rq suspend -u $REDIS_URL > log; python 6_job_processor.py & "
    "until rq info -u $REDIS_URL | grep suspended; do sleep 0.5; done",
    "No longer in Redis: job 1": f"python 6_job_creator.py | (read line; {CLI} flushall)",
    "KeyError: 'phoneNumber'": "sed s/phoneNumber/phone/ 6_job_creator.py > creator.py; "
    "python creator.py & python 6_job_processor.py",
    "read only replica": f"(sleep 3; {CLI} replicaof 127.0.0.1 1) & python 6_job_processor.py",
    "^C": None,  # see test_interrupted_while_redis_is_away in test_faults.py
    "KeyboardInterrupt": "for i in 1 2 3 4 5; do timeout -s INT 0.$i python 7_job_creator.py; done",
    "WRONGTYPE": f"{CLI} lpush HolbertonSchools x; python 4_redis_advanced_op.py",
    ".venv/bin/activate: No such file": "cd /; . .venv/bin/activate",
    "Could not connect to Redis at": f"{CLI} shutdown nosave; {CLI} ping",
    "redis-server: command not found": None,
    "ensurepip is not available": None,
    "DeserializationError": "sed 's/=.json./=\"pickle\"/' 6_job_creator.py > creator.py; "
    "python creator.py & python 6_job_processor.py",
    "Port could not be cast to integer": f"REDIS_URL='redis://:a#b@127.0.0.1:6380' {RUN_0}",
    "unknown command 'HELLO'": None,
    "module 'redis' has no attribute": f"touch redis.py; {RUN_0}",
    "*** Listening": "sed 's/logging_level=.ERROR.//' 6_job_processor.py > p.py; python p.py",
    "No module named 'redis'": f"python -S {RUN_0[7:]}",
    "No module named 'tests'": "cd /; python -m tests.walkthrough",
    "can't open file": f"cd /; {RUN_0}",
}


def test_the_table_of_troubles_is_the_one_that_is_tried():
    section = README.split("## When it does not work\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([^`]+)`", section, re.MULTILINE) == list(TROUBLES)


@pytest.mark.long
@pytest.mark.needs_redis_server
@pytest.mark.parametrize("seen", [seen for seen, command in TROUBLES.items() if command])
def test_a_trouble_is_seen_as_the_table_says(reader, seen):
    is_tls = "certificate" in seen
    if is_tls and not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    with RealServer() as server:
        ports = {"6379": free_port(), "6380": server.port, "6381": free_port()}

        def replaced(text):
            return re.sub("6379|6380|6381", lambda found: str(ports[found[0]]), text)

        console = reader.shell("-c", replaced(TROUBLES[seen]), REDIS_URL=server.url)
        console.wait(lambda console: replaced(seen) in console.stdout, 40)
        if is_tls and "Bad directive" in console.stdout:
            pytest.skip("this redis-server was built without TLS")
        assert replaced(seen) in console.stdout
        if is_tls:  # try the remedy in the table, too
            url = replaced("rediss://127.0.0.1:6381/0?ssl_ca_certs=cert")
            reader.shell("-c", RUN_0, REDIS_URL=url).expect_line(CONNECTED)


def test_the_set_up_is_what_ci_runs():
    commands = [line for block, line in LINES if block.section == "Set up"]
    assert len(commands) == 9 and commands[8] == "export REDIS_URL=redis://127.0.0.1:6380"
    for command in commands[2:6]:
        assert f"- run: {command}\n" in (OURS / ".github/workflows/ci.yml").read_text()


def test_the_systemd_unit_is_right(tmp_path):
    [unit] = [block.text for block in BLOCKS if block.kind == "ini"]
    assert "Restart=always\n" in unit
    [script] = re.findall(r"\nExecStart=/opt/queue/.venv/bin/python /opt/queue/(.*)\n", unit)
    assert (OURS / script).is_file()
    if shutil.which("systemd-analyze"):
        file = tmp_path / "notifications.service"
        file.write_text(unit.replace("/opt/queue/.venv/bin/python", sys.executable))
        command = ["systemd-analyze", "verify", "--man=no", file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines() if file.name in line]
        assert (done.returncode, said) == (0, [])


@pytest.mark.long
@pytest.mark.needs_redis_server
def test_the_rights_in_the_readme_are_enough(server, start_script):
    """They are enough even for a processor that takes over the job of one that was killed."""
    if int(server.client.info()["redis_version"].split(".")[0]) < 7:
        pytest.skip("this redis-server does not know all of these rights")
    for line in [line for block, line in LINES if block.kind == "acl"]:
        server.client.execute_command("ACL", "SETUSER", *line.split()[1:])

    def start_as(user, script, **options):
        url = server.url.replace("//", f"//{user}:PASSWORD@")
        return start_script(script, url, **options)

    subscriber = start_as("subscriber", "5_subscriber")
    server.wait_for_subscribers()
    start_as("publisher", "5_publisher").expect_end()
    subscriber.expect_end()
    creators = [start_as("creator", "6_job_creator")]
    killed = start_as("processor", "6_job_processor", held=True)
    wait_until(lambda: server.client.hget("rq:job:1", "status") == b"started")
    killed.signal(signal.SIGKILL)
    killed.wait_exit()
    server.pass_deadlines("6")
    creators.append(start_as("creator", "7_job_creator"))
    for pair, creator in zip("67", creators):
        processor = start_as("processor", f"{pair}_job_processor")
        creator.expect_end()
        processor.interrupt()
        processor.expect_end()


def test_every_link_leads_somewhere():
    titles = re.findall(r"^## (.*)", README, re.MULTILINE)
    anchors = {"#" + re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles}
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://") or target in anchors or (OURS / target).is_file()
