"""docs/new-service.md is true: its files make a service that is mounted, migrated and called as its own test says."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testbed import Testbed

ROOT = Path(__file__).parents[2]
FILE = re.compile(r"^`([\w/.]+\.py)`\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of_the_page() -> dict[str, str]:
    return dict(FILE.findall((ROOT / "docs/new-service.md").read_text()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in files_of_the_page().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "blueprints/marketplace/pickup_point/__init__.py").touch()
    return tmp_path


def test_every_block_of_code_is_a_file() -> None:
    assert (ROOT / "docs/new-service.md").read_text().count("```python") == len(files_of_the_page())


def test_the_page_satisfies_the_linter(folder: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "ruff.toml"), "--ignore", "INP001",
         str(folder / "blueprints")], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_its_service_is_built_and_does_what_its_test_says(folder: Path, testbed: Testbed) -> None:
    with testbed.fresh_database() as database_url:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.contract.new_service", str(folder)], cwd=ROOT, capture_output=True,
            text=True, check=False, env=os.environ | testbed.environment | {
                "DATABASE_URL": database_url, "GUILDHALL_HOME": str(folder / "home")})
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[-4:] == re.findall(r"def (test_\w+)", files_of_the_page()[
        "tests/marketplace/pickup_point/test_pickup_points.py"])
