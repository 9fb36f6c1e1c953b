"""Who may import whom in tests/: the map is in tests/README.md."""

import re

from .course import OURS

TESTS = OURS / "tests"
IMPORTED = re.compile(r"^\s*(?:from|import) (?:\.+|tests\.)(\w+)", re.MULTILINE)
OTHERS = {"grader", "walkthrough"}  # nobody but they themselves imports them
NOT_FOR = {  # by part of tests/, what it may not import; what is in no part are the tests
    "course.py": OTHERS | {"harness", "conftest"},
    "harness": OTHERS | {"conftest"},
    "grader": {"walkthrough", "conftest"},
    "walkthrough": {"grader", "conftest"},
}


def test_imports_go_one_way():
    found = {}
    for path in TESTS.rglob("*.py"):
        part = path.relative_to(TESTS).parts[0]
        wrong = set(IMPORTED.findall(path.read_text())) & NOT_FOR.get(part, OTHERS)
        found |= {str(path): wrong} if wrong else {}
    assert found == {}


def test_pytest_is_for_tests_alone():
    for path in [TESTS / "course.py", *(TESTS / "harness").glob("[!t]*.py")]:
        assert "import pytest" not in path.read_text()
