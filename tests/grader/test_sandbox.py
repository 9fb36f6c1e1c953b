"""What a script can do to others: attacks in and outside a sandbox, by root and by a user."""

import os
import shutil
import subprocess
import sys
import tempfile

import pytest

from ..course import OURS
from . import sandbox
from .testing import HANGS, solution, verdicts_on

pytestmark = [pytest.mark.timeout(300)]
SCRIPT, OTHER = "1_redis_op.py", "2_redis_op_async.py"
RIGHT = (OURS / SCRIPT).read_text()
needs_namespaces = pytest.mark.skipif(
    not sandbox.command()[0], reason="no namespaces on this system"
)
FORGES = """
import glob, json, os
found = {"script": "1_redis_op.py", "status": "passed", "check": "x"}
lines = [json.dumps({"found": found}), json.dumps({"ended": True}), ""]
for path in glob.glob(f"/proc/{os.getppid()}/fd/[12]"):  # those of the process that checks it
    try:
        with open(path, "w") as file:
            file.write(chr(10).join(lines))
    except OSError:
        pass
print("forged", flush=True)
"""
DELETES = """
import glob, os, shutil
for path in [*glob.glob("HANDED_IN/*"), *glob.glob("*")]:
    try:
        os.remove(path)
    except OSError:
        pass
for path in "/etc/left_by_a_script", "OURS/left_by_a_script", "/usr/left_by_a_script":
    try:
        open(path, "w").close()
    except OSError:
        pass
open("/tmp/left_by_a_script", "w").close()
open(os.path.expanduser("~/left_by_a_script"), "w").close()
"""
RUNS_ANOTHERS = """
import os, sys
path = "OTHERS"
if os.access(path, os.R_OK):
    os.execv(sys.executable, [sys.executable, path])
"""
TELLS_ITS_ENVIRONMENT = """
import glob, os
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        if b"SECRET_TOKEN" in open(path, "rb").read():
            print("a secret")
    except OSError:
        pass
"""
LEAVES_A_PROCESS = """
import subprocess, sys
null = subprocess.DEVNULL
command = [sys.executable, "-c", "import time; time.sleep(1000)"]
subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True, env={})
"""
KILLS = """
import os, signal
try:
    os.kill(os.getppid(), signal.SIGKILL)
except PermissionError:
    pass
"""


@pytest.mark.long
@needs_namespaces
def test_no_script_can_harm_others_in_a_sandbox(tmp_path):
    # Like a teacher's own folder for a class; pytest's folders in /tmp are private.
    place = tmp_path / "class"
    right = solution(place / "right", {SCRIPT: RIGHT})
    attacks = {
        "forges": FORGES,
        "deletes": DELETES.replace("HANDED_IN", f"{place}/deletes").replace("OURS", str(OURS)),
        "runs_ours": RUNS_ANOTHERS.replace("OTHERS", f"{OURS}/{SCRIPT}"),
        "runs_anothers": RUNS_ANOTHERS.replace("OTHERS", f"{right}/{SCRIPT}"),
        "tells": TELLS_ITS_ENVIRONMENT,
        "leaves": RIGHT + LEAVES_A_PROCESS,
        "kills": KILLS + RIGHT,
    }
    folders = [solution(place / name, {SCRIPT: text}) for name, text in attacks.items()]
    # A script that tries to change the one that is checked after it.
    spoils = f"{DELETES}\nopen('{SCRIPT}', 'w').close()\n"
    folders.append(solution(place / "spoils", {SCRIPT: spoils, OTHER: (OURS / OTHER).read_text()}))
    found = verdicts_on(right, *folders, "--task=2,3", SECRET_TOKEN="x")
    statuses = {name: verdict.statuses[SCRIPT] for name, verdict in found.items()}
    passing = {"right", "kills"}
    for name, status in statuses.items():
        assert status == ("passed" if name in passing else "failed"), found[name].text
    assert "a secret" not in found["tells"].text
    assert "leaves a process behind" in found["leaves"].text
    assert found["spoils"].statuses[OTHER] == "passed"
    assert sorted(path.name for path in (place / "deletes").iterdir()) == [SCRIPT, "dump.rdb"]
    for place in "/tmp", "/etc", "/usr", os.path.expanduser("~"):
        assert not os.path.exists(f"{place}/left_by_a_script")


def test_a_script_cannot_forge_results_nor_delete_what_was_handed_in_outside_either(tmp_path):
    """Outside a sandbox, scripts can reach files; but the grader's own copy protects the folder."""
    if os.geteuid() == 0 and not sandbox.rights():
        pytest.skip("root's scripts can only run as root here")
    folders = [
        solution(tmp_path / "forges", {SCRIPT: FORGES}),
        solution(tmp_path / "deletes", {SCRIPT: DELETES.split('for path in "/etc')[0]}),
    ]
    found = verdicts_on(*folders, "--task=2", "--no-sandbox")
    assert {name: one.statuses[SCRIPT] for name, one in found.items()} == {
        "forges": "failed",
        "deletes": "failed",
    }
    assert sorted(path.name for path in folders[1].iterdir()) == [SCRIPT, "dump.rdb"]


@pytest.mark.long
@needs_namespaces
def test_a_user_without_root_is_protected_as_well():
    """Only root can try this as another user, who must be able to run this Python."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("not root")
    user = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]
    python = [sys.executable, "-c", "import redis"]
    if subprocess.run([*user, *python], capture_output=True, check=False).returncode:
        pytest.skip("another user cannot run this Python")
    command = [*user, sys.executable, "-m", "pytest", "-m", "long", "-n0", "-p", "no:cacheprovider"]
    test = f"{__file__}::{test_no_script_can_harm_others_in_a_sandbox.__name__}"
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are root's alone
        os.chmod(place, 0o777)
        command += [f"--basetemp={place}/its", test]
        done = subprocess.run(command, cwd=OURS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_no_folder_ends_the_class(tmp_path):
    """A folder's own result says what is wrong with it, and the others are still checked."""
    imports = "import tempfile, shutil, os\n"
    odd = {  # a script, and what is said about it
        "right": (RIGHT, "passed: "),
        "hangs": (HANGS, "failed: "),
        "empties": (f"{imports}shutil.rmtree(tempfile.gettempdir(), True)\n{RIGHT}", "passed: "),
        "fills": (f"{imports}open(tempfile.mkstemp()[1], 'wb').write(bytes(2**28))\n", "OSError"),
        "nested": ("x = " + "-" * 100_000 + "1\n", "is nested too deeply"),
        "latin": ("# \xe9\n", "save it in that encoding"),
        "javascript": ("const redis = require('redis');\n", "This is JavaScript"),
        "asks": (f"input('Name? ')\n{RIGHT}", "input() waits for a line"),
    }
    folders = {}
    for name, (text, _) in odd.items():
        folders[name] = solution(tmp_path / name, {SCRIPT: ""})
        (folders[name] / SCRIPT).write_bytes(text.encode("latin-1" if name == "latin" else "utf-8"))
    folders["round"] = tmp_path / "round"
    folders["round"].symlink_to("round")
    for name in "private", "pipe":
        folders[name] = solution(tmp_path / name, {})
        odd[name] = None, "missing: "
    (folders["private"] / SCRIPT).symlink_to(__file__)  # out of the folder
    os.mkfifo(folders["pipe"] / SCRIPT)
    found = verdicts_on(*folders.values(), "--task=2", PYTHONIOENCODING="latin-1")
    assert found.keys() == folders.keys()
    for name, (_, words) in odd.items():
        task = found[name].tasks[SCRIPT]
        said = f"{task['status']}: {task['headline']} {task['hint']}"
        assert words in said, found[name].text
    assert not list(tmp_path.rglob("__pycache__"))
