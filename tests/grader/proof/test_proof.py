"""Proves the grader: wrong solutions fail, each at its own task; right ones pass, however they are
made; and whatever else the README claims is true.

They are judged as classes. What the grader says about the wrong ones is in the golden files in
reports/, one for each script, so a change of its words shows up in review.
`python -m tests.grader.proof.test_proof 1_redis_op.py` rewrites that script's file, in a minute.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.util import find_spec
from pathlib import Path

import pytest
from rich.console import Console as Screen
from rich.progress import track

from ...course import OURS, TASKS
from ...harness.servers import REDIS_SERVER
from ..testing import GRADER, HANGS, solution, verdicts_on
from .wrong import SCRIPTS, TEXTS, WRONG, alx

# Run these with -n 0: they share the verdicts, which each process would make anew.
pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

HERE = Path(__file__).parent
RIGHT = sorted((HERE / "right").glob("[a-z]*"))
# Those that are also checked by halves, or with fakeredis. With more, this would take minutes.
HALVED = "forked_workers", "polled_meta", "port_of_events", "rq_callbacks", "unguarded_worker"
ALSO_FAKEREDIS = "port_of_events", "stock_pool", "two_processes"
KINDS_HERE = ["redis-server", "fakeredis"] if REDIS_SERVER else ["fakeredis"]
MAX_REPORT_LINES = 40  # lines in a report: it must fit on a screen
UNCAUGHT = "CAUGHT BY NOTHING"
MAX_RECHECKED = 6  # mistakes to check again: on a busy machine, a script may show less than usual
NUMBERS = {task.script: task.number for task in TASKS}
ENTRIES = [(script, name) for script, texts in WRONG.items() for name in texts]
# Checked with the scripts around them, which may not fail. The golden files have their reports.
REPORTED_IN_FULL = [
    ("0_redis_client.py", "connected misspelt"),
    ("1_redis_op.py", "a value printed by hand"),
    ("2_redis_op_async.py", "a line too many"),
    ("4_redis_advanced_op.py", "another hash"),
    ("5_subscriber.py", "stops Redis"),
    ("5_publisher.py", "publishes elsewhere"),
    ("6_job_creator.py", "never failed"),
    ("6_job_processor.py", "a line more for each job"),
    ("7_job_creator.py", "a job left out"),
    ("7_job_processor.py", "one at a time"),
]


def kinds_for(folder):
    return [kind for kind in KINDS_HERE if kind != "fakeredis" or folder.name in ALSO_FAKEREDIS]


def halves(place):
    """Yield copies of right solutions with the creators only, and with the processors only."""
    for name in HALVED:
        for half, other in ("creator", "processor"), ("processor", "creator"):
            ignored = shutil.ignore_patterns(f"?_job_{other}.py")
            yield shutil.copytree(HERE / "right" / name, place / f"{name} {half}s", ignore=ignored)


def verdict_on(folder, *options, **settings):
    [verdict] = verdicts_on(folder, *options, **settings).values()
    return verdict


# This comes first, while nothing else is running.


@pytest.mark.needs_redis_server
def test_a_class_takes_less_time_than_its_folders_one_by_one(tmp_path):
    folders = [solution(tmp_path / str(n), TEXTS) for n in range(4)]
    begin = time.monotonic()
    verdicts = verdicts_on(*folders, "-j4")
    taken, alone = time.monotonic() - begin, verdict_on(folders[0]).seconds
    for verdict in verdicts.values():
        assert set(verdict.statuses.values()) == {"passed"}, verdict.text
    assert taken < 0.85 * len(folders) * alone, (taken, alone)


# The verdicts, made once for all tests.


class Verdicts:
    """wrong: the verdicts by script and mistake. right: the verdicts by name and kind of server."""

    def __init__(self, scripts, kinds=()):
        self.wrong, self.right = {}, {}
        entries = [entry for entry in ENTRIES if entry[0] in scripts and not stale(*entry)]
        groups = [[entry] for entry in entries if entry in REPORTED_IN_FULL]
        for script in reversed(scripts):  # the slowest ones first
            groups.append(
                [entry for entry in entries if entry[0] == script and entry not in REPORTED_IN_FULL]
            )
        with ThreadPoolExecutor(4) as pool:  # classes at a time: one may wait for its last folder
            jobs = [pool.submit(self.grade_right, kind) for kind in kinds]
            jobs += [pool.submit(self.grade_wrong, *group) for group in groups if group]
            done, screen = as_completed(jobs), Screen(stderr=True)
            for job in track(done, "Checking", len(jobs), console=screen, transient=True):
                job.result()
        # Check once more what the golden files do not have yet, unless it is a lot.
        known = {script: golden_file(script).read_text().splitlines() for script in scripts}
        new = [entry for entry in entries if first_line(self, *entry) not in known[entry[0]]]
        for entry in new if len(new) <= MAX_RECHECKED else []:
            self.grade_wrong(entry)

    def grade_right(self, kind):
        """Check the right solutions, the halves of some, and a solution whose scripts all hang."""
        with tempfile.TemporaryDirectory() as place:
            hangs = solution(Path(place, "hangs"), dict.fromkeys(TEXTS, HANGS))
            folders = [hangs, *[folder for folder in RIGHT if kind in kinds_for(folder)]]
            folders += [] if kind == "fakeredis" else halves(Path(place))
            found = verdicts_on(*folders, "--server", kind)
        self.right |= {(name, kind): verdict for name, verdict in found.items()}

    def grade_wrong(self, *entries):
        """Check wrong solutions as a class: all of one script, or one of REPORTED_IN_FULL."""
        number = NUMBERS[entries[0][0]]
        if entries[0] in REPORTED_IN_FULL:
            number = {"6": "6,7", "7": "6,7", "8": "8,9", "9": "8,9"}.get(number, "0-5")
        with tempfile.TemporaryDirectory() as place:
            folders = [
                solution(Path(place, str(n)), TEXTS | {script: WRONG[script][name]})
                for n, (script, name) in enumerate(entries)
            ]
            found = verdicts_on(*folders, "--task", number)
        self.wrong |= {entry: found[str(n)] for n, entry in enumerate(entries)}


@pytest.fixture(scope="module")
def judged(request):
    """The Verdicts that the selected tests need; with -k 5_publisher, those on that script."""
    items = [item for item in request.session.items if "judged" in item.fixturenames]
    chosen = [item.callspec.params if hasattr(item, "callspec") else {} for item in items]
    scripts = {params["script"] for params in chosen if "script" in params}
    has_right = any("script" not in params for params in chosen)
    return Verdicts([script for script in SCRIPTS if script in scripts], KINDS_HERE * has_right)


# Wrong solutions.


def stale(script, name):
    """Return why a wrong solution can no longer be made, or None."""
    text = WRONG[script][name]
    return f"wrong/{script[:-3]}.diff, {name}: {text}" if isinstance(text, LookupError) else None


@pytest.mark.parametrize("script, name", ENTRIES)
def test_a_wrong_solution_fails_at_its_own_task(judged, script, name):
    assert not stale(script, name)
    verdict = judged.wrong[script, name]
    assert verdict.failed == [script], verdict.text
    assert "grader" not in verdict.statuses.values()
    report = verdict.tasks[script]["report"]
    assert len(report.splitlines()) <= MAX_REPORT_LINES, report
    assert f"{OURS}/tests/" not in report and "Traceback" not in report, report


def first_line(judged, script, name):
    """Return what the grader says about a mistake, without what differs between runs."""
    headline = judged.wrong[script, name].tasks[script]["headline"] or UNCAUGHT
    if script[0] in "247":  # which line is the first to differ is chance
        headline = re.sub(r"line \d+", "line N", headline)
    return f"{name}: {without_chance(headline)}"


def golden(judged, script):
    """Return what the grader says about a script's mistakes: a line and a hint for each, and one
    report."""
    lines = []
    for name in WRONG[script]:
        if stale(script, name):
            continue
        lines.append(first_line(judged, script, name))
        if hint := judged.wrong[script, name].tasks[script]["hint"]:
            lines.append(f"    {without_chance(f'Hint: {hint}')}")
    [whole] = [name for one, name in REPORTED_IN_FULL if one == script]
    report = without_chance(judged.wrong[script, whole].tasks[script]["report"])
    lines += ["", f"The report on {whole!r}:", "", *report.splitlines()]
    return "\n".join(lines) + "\n"


def without_chance(text):
    """Return a text without numbers, folders, and the words that the grader makes up."""
    made_up = r"(?:was set to|redis-cli publish \"[^\"]*\"|Student|the code) \"?([a-z]{9})\b"
    for word in re.findall(made_up, text):
        text = text.replace(word, "WORD")
    text = re.sub(r"\S+/(\w+\.py)", r"my_solution/\1", text)
    text = re.sub(r"\bat line \d+", "at line N", text)  # in our scripts, which may change
    text = re.sub(r"\bcode \d{4}\b", "code N", text)
    return re.sub(r"(-?\d+, )*-?\d+ ms|415-9\d-\d{5}|\d{5,}", "N", text)


def golden_file(script):
    return HERE / "reports" / f"{Path(script).stem}.txt"


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_reports_are_those_of_the_golden_file(judged, script):
    if any(stale(script, name) for name in WRONG[script]):
        pytest.skip("one of its diffs no longer applies")
    assert golden(judged, script) == golden_file(script).read_text()


# Right solutions.


@pytest.mark.parametrize("kind", KINDS_HERE)
@pytest.mark.parametrize("folder", RIGHT, ids=lambda folder: folder.name)
def test_a_right_solution_passes(judged, folder, kind):
    if kind not in kinds_for(folder):
        pytest.skip("not checked with fakeredis here")
    if (folder.name, kind) == ("stock_pool", "fakeredis") and not find_spec("lupa"):
        pytest.skip("fakeredis needs lupa for the scheduler that RQ's pool starts")
    verdict = judged.right[folder.name, kind]
    own = {path.name for path in folder.iterdir()}
    expected = {task.script: "passed" if task.script in own else "missing" for task in TASKS}
    assert verdict.statuses == expected, verdict.text


@pytest.mark.needs_redis_server
@pytest.mark.parametrize("half", ["creator", "processor"])
@pytest.mark.parametrize("name", HALVED)
def test_half_of_a_right_solution_is_not_blamed(judged, name, half):
    """It may need its own partner, which is missing: "not run" is the worst verdict."""
    verdict = judged.right[f"{name} {half}s", "redis-server"]
    assert {*verdict.statuses.values()} <= {"passed", "not run", "missing"}, verdict.text


@pytest.mark.needs_redis_server
def test_our_scripts_without_any_flush_pass(tmp_path):
    texts = {
        script: re.sub(r"(?m)^ *sys\.stdout\.reconfigure.*\n", "", text)
        for script, text in TEXTS.items()
    }
    assert texts != TEXTS
    verdict = verdict_on(solution(tmp_path / "unflushed", texts))
    assert set(verdict.statuses.values()) == {"passed"}, verdict.text


def test_every_script_has_right_solutions():
    for script in SCRIPTS:
        assert len([folder for folder in RIGHT if (folder / script).exists()]) >= 2, script


@pytest.mark.needs_redis_server
def test_the_other_edition_passes_with_its_option_which_a_hint_names(tmp_path):
    folder = solution(tmp_path / "alx", {script: alx(text) for script, text in TEXTS.items()})
    (folder / "dump.rdb").unlink()
    verdict = verdict_on(folder, "--edition", "alx")
    assert verdict.statuses.pop("dump.rdb") == "missing"
    assert set(verdict.statuses.values()) == {"passed"}, verdict.text
    verdict = verdict_on(folder)
    assert verdict.failed == SCRIPTS[1:6], verdict.text
    for script in verdict.failed:
        assert "--edition alx" in verdict.tasks[script]["hint"], verdict.text


# What else the README claims.


def test_a_folder_checked_by_itself_has_the_verdicts_that_it_has_in_a_class(judged):
    verdict = verdict_on(HERE / "right" / "two_processes")
    assert verdict.statuses == judged.right["two_processes", KINDS_HERE[0]].statuses


def test_scripts_that_hang_are_judged_in_time(judged):
    verdict = judged.right["hangs", "fakeredis"]
    assert verdict.seconds < 240
    assert verdict.failed == SCRIPTS, verdict.text


def test_nothing_of_the_folder_or_the_environment_is_imported_or_obeyed(tmp_path):
    """Except by the grader's own first Python, which is started with that environment."""
    trap, script = tmp_path / "trap", "0_redis_client.py"
    wrong = {script: WRONG[script]["connected misspelt"]}
    folders = [tmp_path / "my solution", OURS / f".solution-{uuid.uuid4().hex}"]
    try:
        for folder in folders:
            solution(folder, wrong)
            for name in "conftest.py", "sitecustomize.py", "tests/__init__.py", "tests/json.py":
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text(f"print(__file__, file=open({str(trap)!r}, 'a'))\n")
        path, startup = ":".join(map(str, folders)), str(folders[0] / "conftest.py")
        found = verdicts_on(*folders, "--task=1", PYTHONPATH=path, PYTHONSTARTUP=startup)
    finally:
        shutil.rmtree(folders[1], ignore_errors=True)
    for verdict in found.values():
        assert verdict.failed == [script], verdict.text
    assert trap.read_text() == f"{folders[0] / 'sitecustomize.py'}\n"


@pytest.mark.parametrize("kind", KINDS_HERE)
def test_a_dump_of_a_newer_redis_passes_if_it_holds_the_key(tmp_path, kind):
    right, wrong = (solution(tmp_path / name, {}) / "dump.rdb" for name in ("right", "wrong"))
    newer = b"REDIS0099" + right.read_bytes()[9:]
    right.write_bytes(newer)
    wrong.write_bytes(newer.replace(b"School", b"Schull"))
    found = verdicts_on(right.parent, wrong.parent, "--task=0", f"--server={kind}")
    assert {name: one.statuses["dump.rdb"] for name, one in found.items()} == {
        "right": "passed",
        "wrong": "failed",
    }


def test_what_fakeredis_lacks_is_not_the_student_s_fault(tmp_path):
    """The next script is still judged."""
    lacking, next_one = SCRIPTS[1:3]
    text = TEXTS[lacking] + 'client.execute_command("LATENCY", "DOCTOR")\n'
    folder = solution(tmp_path / "lacks", {lacking: text, next_one: TEXTS[next_one]})
    verdict = verdict_on(folder, "--server=fakeredis")
    assert verdict.failed == [] and verdict.statuses[lacking] == "grader", verdict.text
    assert verdict.statuses[next_one] == "passed", verdict.text


def test_a_grader_that_ignores_interrupts_works(tmp_path):
    right = solution(tmp_path / "ignored", TEXTS)
    command = ["sh", "-c", """trap '' INT; exec "$@" """, "sh", *GRADER, right, "--port=0"]
    done = subprocess.run([*command, "--task=7"], cwd=OURS, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def main(scripts):
    """Write the golden files of these scripts; return the exit status."""
    found = Verdicts(scripts)
    for script in scripts:
        golden_file(script).write_text(golden(found, script))
    bad = [stale(*entry) for entry in ENTRIES if entry[0] in scripts]
    bad += [
        f"{script}: {name}: {UNCAUGHT}"
        for script, name in found.wrong
        if found.wrong[script, name].failed != [script]
    ]
    print(*filter(None, bad), sep="\n", file=sys.stderr)
    return int(any(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or SCRIPTS))
