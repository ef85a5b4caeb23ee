"""Expand and contract (docs/kernel.md): the code of before the newest migration reads from the schema behind it."""
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.components import ROOT
from tests.passes import LONG
from tests.programs import skip_but_in_ci

SERVICES = ("marketplace", "network", "platform", "equipment", "organization")
READS = re.compile(r"""\.get\(f?["'A-Z]|\b(?:\w+_)?queries import """)
"""What a file of tests has that reads: a GET, or a query of a service."""
HEAVY = re.compile(r"mark\.(slow|once)|hypothesis|tests\.concurrency|subprocess|_races\b|_against_")
"""What no sample has: it takes long, or tries many things at once."""
GIT = ("git", "-c", "safe.directory=*")
"""Git, also where the clone is another user's, as in a container of CI: else it refuses to say anything."""
SAMPLE = 27
"""How many tests of them run in CI; some ten seconds on a quiet machine. `make long` runs all."""

DATABASES = [*(["sqlite"] if LONG else ()), pytest.param("postgresql", marks=pytest.mark.postgresql)]
"""In CI PostgreSQL alone, the stricter of both: for each the old code is compiled anew. `make long`: both."""


def reads(old: Path, drawn_by: str) -> list[str]:
    """Return the files of the old code's tests of services that read, all in `make long`, else a sample of SAMPLE tests
    drawn by a hash: with each new migration another."""
    files = {}
    for path in sorted(one for service in SERVICES for one in (old / "tests" / service).rglob("test_*.py")):
        text = path.read_text()
        if READS.search(text):
            files[str(path.relative_to(old))] = (text.count("\ndef test_"), HEAVY.search(f"{path} {text}") is not None)
    if LONG:
        return list(files)
    drawn, left = list[str](), SAMPLE
    for name in sorted(files, key=lambda name: sha256(f"{drawn_by} {name}".encode()).digest()):
        tests, is_heavy = files[name]
        if 0 < tests <= left and not is_heavy:
            drawn.append(name)
            left -= tests
    return drawn


def _git(*words: str) -> str:
    done = subprocess.run([*GIT, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _commit_before(migration: str) -> str:
    """Return the commit before the one that brought the migration; without a history it is said why there is none."""
    if not _git("rev-parse", "HEAD"):
        skip_but_in_ci("this is no checkout of git: the code of before is not here")
    brought = _git("log", "--diff-filter=A", "--format=%H", "--", migration).split()
    before = _git("rev-parse", "--verify", f"{brought[-1]}^") if brought else _git("rev-parse", "HEAD")
    if not before:
        skip_but_in_ci("this checkout is shallow: the code of before the newest migration is not in it (git fetch "
                       "--unshallow)")
    return before


def _run_reads(old: Path, database: str, *tests: str) -> "subprocess.CompletedProcess[str]":
    """Run tests of the old code, which brings its database to the newest of the migrations that lie beside it."""
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *tests], cwd=old,
                          env=os.environ | {"GUILDHALL_TEST_DATABASE": database}, capture_output=True, text=True,
                          check=False)


@pytest.mark.parametrize("faked", [{"rev-parse": ""}, {"rev-parse HEAD": "c0ffee", "log": "c0ffee"}],
                         ids=["no history", "a shallow checkout"])
def test_without_the_code_of_before_it_is_skipped_by_hand_and_fails_in_ci(
        faked: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> str:
        return next((said for asked, said in faked.items() if " ".join(words).startswith(asked)), "")

    monkeypatch.setattr(sys.modules[__name__], "_git", git)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="the code of before"):
        _commit_before("migrations/versions/x.py")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="the code of before"):
        _commit_before("migrations/versions/x.py")


@pytest.mark.once("git is asked")
def test_a_clone_of_another_owner_tells_its_history(monkeypatch: pytest.MonkeyPatch) -> None:
    here = _git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert _git("rev-parse", "HEAD") == here


@pytest.mark.slow
@pytest.mark.parametrize("database", DATABASES)
def test_the_code_of_before_the_newest_migration_reads_from_the_new_schema(tmp_path: Path, database: str) -> None:
    newest = max(path.name for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    before = _commit_before(f"migrations/versions/{newest}")
    old = tmp_path / "old"
    old.mkdir()
    archive = subprocess.run([*GIT, "archive", before], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", old], input=archive, check=True)
    for name in (".venv", ".localstripe"):  # what tests of payments and of programs look for beside the code
        if (ROOT / name).exists():
            (old / name).symlink_to(ROOT / name)
    # Former migrations are the old code's own: what they import of the application may have moved since.
    added = old / "migrations" / "versions" / newest
    shutil.copy(ROOT / "migrations" / "versions" / newest, added)
    run = _run_reads(old, database, *reads(old, newest))
    assert " passed" in run.stdout, run.stdout[-3000:] + run.stderr[-1000:]
    if failed := re.findall(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.MULTILINE):
        # What fails on the schema of its own time, too, is not the new schema's fault.
        added.unlink()
        again = _run_reads(old, database, *failed)
        assert set(failed) <= set(re.findall(r"^(?:FAILED|ERROR) (\S+)", again.stdout, re.MULTILINE)), (
            f"the code of {before} on migration {newest}:\n{run.stdout[-3000:]}")
