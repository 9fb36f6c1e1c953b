"""The text of the ten scripts: short, alike, and each of it a file of its own."""

import ast
import re
import sys

import pytest

from .course import OURS, TASKS

NAMES = [task.script for task in TASKS[1:]]
TEXTS = {name: (OURS / name).read_text() for name in NAMES}
TREES = {name: ast.parse(text) for name, text in TEXTS.items()}
MOST_LINES = {
    "0_redis_client.py": 40,
    "1_redis_op.py": 55,
    "2_redis_op_async.py": 55,
    "4_redis_advanced_op.py": 60,
    "5_subscriber.py": 55,
    "5_publisher.py": 55,
}


def test_are_short():
    lines = {name: len(text.splitlines()) for name, text in TEXTS.items()}
    assert len(lines) == 10 and sum(lines.values()) <= 650
    assert {name: n for name, n in lines.items() if n > MOST_LINES.get(name, 110)} == {}


def imported(tree):
    """The names that a script's imports give it, each with the module that it imports."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found |= {alias.asname or alias.name: module for alias in node.names}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_imports_libraries_and_no_other_file(name):
    modules = {module.split(".")[0] for module in imported(TREES[name]).values()}
    assert modules - set(sys.stdlib_module_names) <= {"redis", "rq"}
    assert not re.search(r"__import__|importlib|runpy|exec\(|open\(", TEXTS[name])


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_hides_a_module(name):
    parameters = {node.arg for node in ast.walk(TREES[name]) if isinstance(node, ast.arg)}
    assert parameters & imported(TREES[name]).keys() == set()


def connecting(name):
    """The lines of a script that connect, by what they define, as they are in task 1's."""
    parts = {}
    lines = TEXTS[name].splitlines()
    for node in TREES[name].body:
        text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            defined = node.name
        elif isinstance(node, ast.Assign):
            defined = ast.unparse(node.targets[0])
        else:
            defined = re.match(r"[\w.]*", text)[0]  # a call, by the function's name
        if isinstance(node, (ast.Import, ast.ImportFrom)) or defined in parts:
            continue
        for change in "async ", "await ", ".asyncio", ", redis_connect_func=on_connect":
            text = text.replace(change, "")
        parts[defined] = text.replace(", file=sys.stderr)", ")")
    return parts


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_that_connect_are_the_same_in_every_script(name):
    ours, first = connecting(name), connecting("0_redis_client.py")
    same = [
        "signal.signal",
        "sys.excepthook",
        "sys.stdout.reconfigure",
        "on_error",
        "url",
        "client",
    ]
    if "job" not in name:
        same.append("on_connect")
    assert {part: ours.get(part) for part in same} == {part: first[part] for part in same}
    assert ("on_connect" in ours) == (TEXTS[name].count("redis_connect_func=on_connect)") == 1)


def test_attempts_are_the_same_in_every_script_that_makes_three():
    pattern = r"# Three attempts: .*?\n    sys\.exit\(1\)\n"
    found = [re.search(pattern, text, re.DOTALL) for text in TEXTS.values()]
    attempts = [match[0] for match in found if match]
    assert len(attempts) == 6 and len(set(attempts)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_stream_of_failures(name):
    """stdout where the course shows how to connect, and stderr where it shows jobs."""
    on_error = TEXTS[name].split("on_error(error):")[1].split("\n\n\n")[0]
    assert ("file=sys.stderr" in on_error) == ("job" in name)


def test_ruff_makes_no_exception():
    settings = (OURS / ".ruff.toml").read_text()
    assert "E501" in settings and re.search(r"^line-length = 100$", settings, re.MULTILINE)
    assert "ignore" not in settings and "exclude" not in settings
    assert [name for name, text in TEXTS.items() if re.search("noqa|fmt: *(off|skip)", text)] == []
