"""Pure rules: which backups are kept, and which backup fits which place."""
from datetime import UTC, datetime, timedelta

import pytest

from app.ops.backup.contents import Contents, StoreContents, contents_of, differences, unfit
from app.ops.backup.keep_rules import kept, parse_keep_rules
from app.ops.backup.refusals import BackupDamaged, BackupRefused

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)  # a Sunday
CONTENTS = Contents(
    format=1, version="1.0.0", made_at=NOON.isoformat(), host="shop", home="/srv", kind="sqlite", server="SQLite 3.40",
    migration="0002", secret_key="abc", rows={"user": 3}, media={"kept": "disk", "files": 0, "bytes": 0},
    stores={"organization": StoreContents("sqlite", {"v1-tenant": 1}, {"acme": {"main.v1-extension": 0}}, ("gone",))},
    has_secrets=False)
HERE = {"": "sqlite", "organization": "sqlite"}
MIGRATIONS = ("0001", "0002", "0003")


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "7d,", "7d,3d", "7h", "-1d", "7d 4w"])
def test_a_keep_rule_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="keep-rule"):
        parse_keep_rules(text)


def test_days_weeks_and_months_are_read() -> None:
    assert parse_keep_rules("7d, 4w,12m") == {"d": 7, "w": 4, "m": 12}


def test_the_newest_of_each_of_the_last_days_and_weeks_is_kept() -> None:
    every_twelve_hours = [NOON - timedelta(hours=12 * number) for number in range(60)]
    left = kept(every_twelve_hours, {"d": 3, "w": 2})
    assert sorted(left, reverse=True) == [NOON, datetime(2026, 11, 28, 12, tzinfo=UTC),
                                          datetime(2026, 11, 27, 12, tzinfo=UTC),
                                          datetime(2026, 11, 22, 12, tzinfo=UTC)]


def test_days_without_a_backup_do_not_count() -> None:
    moments = [NOON, NOON - timedelta(days=40), NOON - timedelta(days=90)]
    assert kept(moments, {"d": 2}) == {*moments[:2]}


def test_the_newest_is_always_kept() -> None:
    assert kept([NOON], {}) == {NOON}


def test_contents_are_what_was_written() -> None:
    assert contents_of(CONTENTS.serialized()) == CONTENTS


def test_contents_of_a_later_form_are_refused() -> None:
    with pytest.raises(BackupRefused, match="form 2"):
        contents_of(CONTENTS.serialized() | {"format": 2})


@pytest.mark.parametrize("told", [{}, {"format": 1}, {**CONTENTS.serialized(), "stores": {"organization": {}}},
                                  {**CONTENTS.serialized(), "media": {"kept": "disk"}},
                                  {**CONTENTS.serialized(), "home": "\ud800"}])
def test_contents_that_are_not_whole_are_refused(told: dict[str, object]) -> None:
    with pytest.raises(BackupDamaged):
        contents_of(told)


def test_a_fitting_backup_is_taken() -> None:
    assert unfit(CONTENTS, HERE, MIGRATIONS, "abc") == []


def test_another_kind_of_database_is_refused_and_names_db_copy() -> None:
    [said] = unfit(CONTENTS, HERE | {"": "postgresql"}, MIGRATIONS, "abc")
    assert "flask db copy" in said


def test_a_backup_of_a_newer_release_is_refused() -> None:
    [said] = unfit(CONTENTS, HERE, ("0001",), "abc")
    assert "newer release" in said


def test_another_secret_key_is_told() -> None:
    [said] = unfit(CONTENTS, HERE, MIGRATIONS, "xyz")
    assert "--new-secret-key" in said


def test_a_store_that_is_not_known_is_told() -> None:
    [said] = unfit(CONTENTS, {"": "sqlite"}, MIGRATIONS, "abc")
    assert "organization" in said


def test_rows_that_are_missing_are_told_by_table() -> None:
    assert differences({"a": 1, "b": 2}, {"a": 1, "b": 1, "c": 0}, "here") == [
        "here: b has 1 rows, the backup says 2", "here: c has 0 rows, the backup says none"]
