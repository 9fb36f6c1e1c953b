"""What is true of all scripts: how they end, and the lines that they have in common."""

import ast
import re
import signal
import sys

import pytest

from .course import OURS, QUEUES, TASKS, created, transcript
from .harness.waiting import wait_until

NAMES = [task.script for task in TASKS[1:]]
TEXTS = {name: (OURS / name).read_text() for name in NAMES}
TREES = {name: ast.parse(text) for name, text in TEXTS.items()}
JOB_SCRIPTS = [name for name in NAMES if "job" in name]
OTHERS = [name for name in NAMES if "job" not in name]


@pytest.mark.parametrize("name", NAMES)
def test_imports_libraries_and_no_other_file(name):
    modules = re.findall(r"^ *(?:import|from) ([\w.]+)", TEXTS[name], re.MULTILINE)
    names = {module.split(".")[0] for module in modules}
    assert "redis" in names and names - set(sys.stdlib_module_names) <= {"redis", "rq"}


def first_part(name):
    """Return the code with which a script connects: the setup statements, and the functions
    `connect` and `reason`, without comments, docstrings and what makes it asynchronous."""
    parts = []
    for node in ast.parse(TEXTS[name]).body:
        text = ast.unparse(node)
        if re.match(r"signal\.|sys\.stdout\.|url = |client = ", text):
            parts.append(text)
        elif getattr(node, "name", None) in ("connect", "reason"):
            node.body.pop(0)  # the docstring
            parts.append(ast.unparse(node))
    return re.sub("async |await |asyncio[.]", "", "\n".join(parts))


@pytest.mark.parametrize("name", OTHERS[1:])
def test_the_lines_that_connect_are_those_of_task_1(name):
    assert first_part(name) == first_part("0_redis_client.py")


@pytest.mark.parametrize("name", JOB_SCRIPTS)
def test_job_scripts_connect_alike(name):
    [line] = [line for line in TEXTS[name].splitlines() if "from_url" in line]
    assert line in TEXTS["6_job_creator.py"].splitlines()


@pytest.mark.needs_redis_server
def test_the_first_halves_of_the_job_scripts_run_alone(start, server, tmp_path):
    """With plain RQ, and without what makes them robust, they print the course's consoles."""
    for name in JOB_SCRIPTS:
        first_half, rest = TEXTS[name].split("\n# The lesson ends here. ")
        assert rest
        text = f'{first_half}\nif __name__ == "__main__":\n    main()\n'
        (tmp_path / name).write_text(text)
    for pair in QUEUES:
        server.reset()
        creator = start(tmp_path / f"{pair}_job_creator.py", server.url, screen=True)
        creator.expect_line(created(1)[0])
        processor = start(tmp_path / f"{pair}_job_processor.py", server.url)
        creator.expect_end()
        processor.expect_transcript()


def definition(name, wanted):
    """Return the source of one of a script's functions or classes."""
    [node] = [x for x in ast.walk(TREES[name]) if getattr(x, "name", None) == wanted]
    return ast.get_source_segment(TEXTS[name], node)


def test_redis_print_is_the_same_everywhere():
    names = [name for name, text in TEXTS.items() if "def redis_print" in text]
    assert len(names) == 3 and len({definition(name, "redis_print") for name in names}) == 1


# Before each of these commands, so many lines must be on the console, even through a pipe.
GET_AND_SET = [
    (b"GET", b"Holberton", 1),
    (b"SET", b"HolbertonSanFrancisco", 2),
    (b"GET", b"HolbertonSanFrancisco", 3),
]
HASH = [(b"HSET", b"HolbertonSchools", 1), (b"HGETALL", b"HolbertonSchools", 7)]


@pytest.mark.fakeredis_only
@pytest.mark.parametrize(
    "name, commands",
    [("1_redis_op", GET_AND_SET), ("2_redis_op_async", GET_AND_SET), ("4_redis_advanced_op", HASH)],
)
def test_shows_each_line_before_it_asks_for_more(run, proxy, name, commands):
    shown, scripts, begun = transcript(name), [], []
    for command, key, count in commands:
        what = f"line {count} ({shown[count - 1]!r}) is shown before the {command.decode()}"

        def is_shown(count=count, what=what):
            wait_until(lambda: scripts and scripts[0].lines == shown[:count], 2, what)

        begun.append(proxy.before(command, key, is_shown))
    scripts.append(run(name, proxy.url, stdout="pipe"))
    scripts[0].expect_exit()
    proxy.check()
    scripts[0].expect_transcript()
    assert all(event.is_set() for event in begun)


@pytest.mark.fakeredis_only
def test_an_interrupt_ends_it_with_no_other_word(run, server, proxy, tmp_path):
    """This is so for all scripts that wait. They leave no file in the folder where they run."""
    shown = {
        run("5_subscriber", proxy.url, screen=True, cwd=tmp_path): transcript("0_redis_client"),
        run("6_job_processor", proxy.url, screen=True, cwd=tmp_path): [],
        run("7_job_processor", proxy.url, screen=True, cwd=tmp_path): [],
        # In databases of their own, where no processor does their jobs.
        run("6_job_creator", f"{proxy.url}/1", screen=True, cwd=tmp_path): created(1),
        run("7_job_creator", f"{proxy.url}/2", screen=True, cwd=tmp_path): created(*range(1, 12)),
    }
    for script, lines in shown.items():
        script.expect_lines(lines)
    server.wait_for_subscribers()
    server.wait_for_workers(3)
    for script, lines in shown.items():
        script.interrupt(0.2)
        script.expect_exit(0, -signal.SIGINT)
        script.expect_lines([*lines, "^C"])
        assert script.processes() == []
    assert list(tmp_path.iterdir()) == []
