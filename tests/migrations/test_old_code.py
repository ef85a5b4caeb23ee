"""Expand and contract (docs/kernel.md): the code of before the newest migration reads from the schema behind it."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.components import ROOT

READS = ("tests/marketplace/product_listing/test_listing_reads.py", "tests/network/profile/test_briefs.py",
         "tests/marketplace/category_management/test_categories.py")
"""What people read most, of both kinds of services; some ten seconds on a quiet machine."""


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _commit_before(migration: str) -> str:
    """Return the commit before the one that brought the migration; skip, and say why, where there is no history."""
    if not _git("rev-parse", "HEAD"):
        pytest.skip("this is no checkout of git: the code of before is not here")
    brought = _git("log", "--diff-filter=A", "--format=%H", "--", migration).split()
    before = _git("rev-parse", "--verify", f"{brought[-1]}^") if brought else _git("rev-parse", "HEAD")
    if not before:
        pytest.skip("this checkout is shallow: the code of before the newest migration is not in it (git fetch "
                    "--unshallow)")
    return before


def _run_reads(old: Path, migrations: Path, *tests: str) -> "subprocess.CompletedProcess[str]":
    """Run tests of the old code, which brings its database to the newest of these migrations."""
    shutil.rmtree(old / "migrations", ignore_errors=True)
    shutil.copytree(migrations, old / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *tests], cwd=old,
                          env=os.environ | {"GUILDHALL_TEST_DATABASE": "sqlite"}, capture_output=True, text=True,
                          check=False)


@pytest.mark.slow
def test_the_code_of_before_the_newest_migration_reads_from_the_new_schema(tmp_path: Path) -> None:
    newest = max(path.name for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    before = _commit_before(f"migrations/versions/{newest}")
    old, own_migrations = tmp_path / "old", tmp_path / "own"
    old.mkdir()
    archive = subprocess.run(["git", "archive", before], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", old], input=archive, check=True)
    (old / "migrations").rename(own_migrations)
    run = _run_reads(old, ROOT / "migrations", *(path for path in READS if (old / path).exists()))
    assert " passed" in run.stdout, run.stdout[-3000:] + run.stderr[-1000:]
    if failed := re.findall(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.MULTILINE):
        # What fails on the schema of its own time, too, is not the new schema's fault.
        again = _run_reads(old, own_migrations, *failed)
        assert set(failed) <= set(re.findall(r"^(?:FAILED|ERROR) (\S+)", again.stdout, re.MULTILINE)), (
            f"the code of {before} on migration {newest}:\n{run.stdout[-3000:]}")
