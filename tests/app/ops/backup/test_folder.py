"""The folder of backups: what does not count as one is named, counts for nothing, and is not removed."""
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.clock import moved_clock, now
from app.ops.backup.folder import backups_in, claimed, name_of, newest_backup, remember_verified, remove_others
from app.ops.backup.refusals import BackupRefused
from cli.backup import backup
from cli.terminal import TABLE_COLUMNS
from tests.app.ops.backup.test_archive import KEY, written

MADE = datetime(2026, 11, 27, 2, 15, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a backup of each of three days, and with what does not count."""
    for days in (0, 1, 2):
        remember_verified(written(tmp_path / name_of(MADE - timedelta(days=days), is_encrypted=True), KEY))
    written(tmp_path / name_of(now() + timedelta(days=400), is_encrypted=False))
    (tmp_path / name_of(MADE + timedelta(minutes=1), is_encrypted=False)).write_text("Dear Sir or Madam")
    (tmp_path / name_of(MADE + timedelta(minutes=2), is_encrypted=False)).touch()
    cut = written(tmp_path / name_of(MADE + timedelta(minutes=3), is_encrypted=False))
    cut.write_bytes(cut.read_bytes()[:-5000])
    (tmp_path / name_of(MADE + timedelta(minutes=4), is_encrypted=False)).mkdir()
    (tmp_path / "guildhall-soon.tar").touch()
    return tmp_path


def test_what_does_not_count_is_named_and_the_table_fits_the_terminal(folder: Path) -> None:
    listed = CliRunner().invoke(backup, ["list", "--folder", str(folder)])
    assert listed.exit_code == 0, listed.output
    assert max(map(len, listed.output.splitlines())) <= TABLE_COLUMNS
    told = json.loads(CliRunner().invoke(backup, ["list", "--folder", str(folder), "--json"]).stdout)
    assert [one["says"] for one in told] == [
        "it is dated in the future", "it is cut short, or not what was written", "this is no backup of Guildhall",
        "this is no backup of Guildhall", "", "", ""]


def test_the_newest_is_none_that_does_not_count(folder: Path) -> None:
    newest = newest_backup(folder)
    assert newest is not None
    assert newest.made_at == MADE
    with moved_clock(days=500):
        newest = newest_backup(folder)
        assert newest is not None
        assert newest.made_at > MADE


def test_a_keep_rule_counts_and_removes_only_what_counts(folder: Path) -> None:
    others = {one.path for one in backups_in(folder) if one.says}
    assert [path.name for path in remove_others(folder, {"d": 2})] == [
        name_of(MADE - timedelta(days=2), is_encrypted=True)]
    assert {one.path for one in backups_in(folder) if one.says} == others
    assert [one.made_at for one in backups_in(folder) if not one.says] == [MADE, MADE - timedelta(days=1)]


@pytest.mark.parametrize("text", ["[]", "{}", '{"at": 1, "file": []}', "[" * 5000, "\udcff", "x" * 10_000])
def test_a_proof_that_is_none_is_no_proof(folder: Path, text: str) -> None:
    [newest, *_] = [one for one in backups_in(folder) if not one.says]
    assert newest.verified_at
    newest.path.with_name(f"{newest.path.name}.verified").write_text(text, errors="surrogateescape")
    assert newest_backup(folder).verified_at is None  # type: ignore[union-attr]


def test_who_holds_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    with claimed(tmp_path / "new" / "folder"), pytest.raises(BackupRefused, match="at work"), \
            claimed(tmp_path / "new" / "folder"):
        pass
    assert [*tmp_path.iterdir()] == []
    with claimed(tmp_path / "kept"):
        (tmp_path / "kept" / "backup").touch()
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["backup"]
    with pytest.raises(ValueError, match="own"), claimed(tmp_path / "other"):
        raise ValueError("a fault of its own")
    assert not (tmp_path / "other").exists()
