"""Which part of tests/ may import which: the map is in tests/README.md."""

import ast

from .course import OURS

TESTS = OURS / "tests"
MAY_IMPORT = {
    "course": set(),
    "harness": {"course", "harness"},
    "grader": {"course", "harness", "grader"},
    "walkthrough": {"course", "harness", "walkthrough"},
}
TOP = {"course", "harness"}  # the tests, conftest.py and benchmark.py


def part(path):
    """Return the part of tests/ that a path is in: grader, harness, test_scripts, ..."""
    return path.relative_to(TESTS).parts[0].removesuffix(".py")


def imported(path):
    """Yield the parts that a module of tests/ imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1] / (node.module or "").replace(".", "/")
            names = [alias.name for alias in node.names] if folder == TESTS else [""]
            yield from (part(folder / name) for name in names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names = [module + alias.name for alias in node.names]
            yield from (name.split(".")[1] for name in names if name.startswith("tests."))


def test_no_module_imports_against_the_map():
    modules = [path for path in TESTS.rglob("*.py") if "right" not in path.parts]
    assert len(modules) > 20
    wrong = {
        (str(path.relative_to(TESTS)), other)
        for path in modules
        for other in imported(path)
        if other not in MAY_IMPORT.get(part(path), TOP)
    }
    assert wrong == set()


def test_pytest_is_for_tests_alone():
    for path in [TESTS / "course.py", *(TESTS / "harness").glob("[!t]*.py")]:
        assert "import pytest" not in path.read_text()
