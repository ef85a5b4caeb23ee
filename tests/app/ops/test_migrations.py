"""Which migration is the newest is read from the files."""
from pathlib import Path

import pytest

from app.ops import migrations
from app.ops.migrations import newest_migration


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations: 0001, and 0002 after it."""
    monkeypatch.setattr(migrations, "migrations_folder", lambda: tmp_path)
    (folder := tmp_path / "versions").mkdir()
    (folder / "0001_first.py").write_text('revision = "0001"\ndown_revision = None\n')
    (folder / "0002_second.py").write_text('revision = "0002"\ndown_revision = "0001"\n')
    return folder


def test_two_migrations_after_the_same_one_are_no_order(versions: Path) -> None:
    (versions / "0003_other.py").write_text('revision = "0003"\ndown_revision = "0001"\n')
    with pytest.raises(RuntimeError, match="0002, 0003"):
        newest_migration()


def test_the_newest_is_the_one_that_no_other_comes_after(versions: Path) -> None:
    assert newest_migration() == "0002"
