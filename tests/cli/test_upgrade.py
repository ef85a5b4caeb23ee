"""`flask upgrade`: what it says of the migrations that wait, what it refuses, and that a failure leaves everything."""
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import inspect, text

from app.data.entity import db
from app.ops.backup.archive import opened_archive
from app.ops.backup.contents import contents_of
from app.ops.backup.sealed_files import make_key, read_key
from app.ops.migrations import COPY_TABLE, newest_migration, present_migration
from app.runtime import runtime
from cli import upgrade as terminal
from tests.migrations.waiting import add_migrations

Waiting = Callable[..., None]
TABLE = 'op.create_table("colour", sa.Column("id", sa.Integer(), primary_key=True))'


@pytest.fixture
def waiting(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """Call it with bodies of migrations: they wait behind the newest one."""
    def add(*bodies: str, **options: Any) -> None:
        monkeypatch.setattr(app.extensions["migrate"], "directory", str(add_migrations(tmp_path, *bodies, **options)))
    return add


@pytest.fixture
def upgrade(run: Callable[..., Result]) -> Callable[..., Result]:
    """Call it with the words after `flask upgrade`."""
    return lambda *words, **options: run("upgrade", *words, **options)


@pytest.fixture
def backup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The backup that is made, and is proved elsewhere."""
    monkeypatch.setattr(terminal, "_back_up", lambda key: tmp_path / "kept.backup")
    return tmp_path / "kept.backup"


def steps(result: Result) -> list[tuple[str, str, str]]:
    """Return what is said of each step: what, table, whether the old code runs."""
    assert result.exit_code == 0, result.output
    return [(step["what"], step["table"], step["oldCodeRuns"])
            for one in json.loads(result.stdout)["migrations"] for step in one["steps"]]


def test_nothing_waits(upgrade: Callable[..., Result]) -> None:
    for words in (["check"], ["--yes"]):
        said = upgrade(*words)
        assert (said.exit_code, "no migration waits" in said.output) == (0, True), said.output


def test_code_that_is_older_than_the_database_is_refused(upgrade: Callable[..., Result], app: Flask) -> None:
    newest = newest_migration()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        for words in (["check"], ["--yes"]):
            refused = upgrade(*words)
            assert (refused.exit_code, "which this code does not have" in refused.stderr) == (1, True), refused.output
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})


@pytest.mark.parametrize(("body", "what", "old_code"), [
    (TABLE, "new table", "yes"),
    ('op.add_column("marketplace_category", sa.Column("colour", sa.Text()))', "new column", "yes"),
    ('op.add_column("marketplace_category", sa.Column("colour", sa.Text(), nullable=False, server_default=""))',
     "new column", "yes"),
    ('op.add_column("marketplace_category", sa.Column("colour", sa.Text(), nullable=False))',
     "new column, required", "no"),
    ('op.drop_column("marketplace_category", "title")', "column goes", "no"),
    ('op.drop_table("marketplace_category")', "table goes", "no"),
    ('op.rename_table("marketplace_category", "shelf")', "table is renamed", "no"),
    ('with op.batch_alter_table("marketplace_category") as batch:\n    batch.alter_column("title", type_=sa.Text())',
     "column changes", "no"),
    ('with op.batch_alter_table("marketplace_category") as batch:\n    batch.alter_column("title", nullable=True)',
     "column may be empty", "yes"),
    ('op.create_index("ix_a", "marketplace_category", ["title"])', "new index", "yes"),
    ('op.create_index("ix_a", "marketplace_category", ["title"], unique=True)', "new unique index", "not known"),
    ('op.drop_index("ix_a", table_name="marketplace_category")', "index goes", "yes"),
    ('op.execute("UPDATE marketplace_category SET title = 1")', "rows change", "not known"),
    ('op.get_bind().execute(sa.update(sa.table("marketplace_category", sa.column("title"))).values(title="a"))',
     "rows change", "not known"),
    ('op.execute("DELETE FROM marketplace_category")', "rows go", "not known"),
    ('op.execute("INSERT INTO marketplace_category SELECT * FROM other")', "rows come", "yes"),
    ('op.execute("ALTER TABLE marketplace_category RENAME TO shelf")', "another statement", "not known"),
])
@pytest.mark.once("a migration says the same on both databases")
def test_what_a_migration_does_is_read_from_itself(
        upgrade: Callable[..., Result], waiting: Waiting, body: str, what: str, old_code: str) -> None:
    waiting(body)
    table = "colour" if body == TABLE else "marketplace_category"
    assert steps(upgrade("check", "--json")) == [(what, table, old_code)]
    assert not inspect(db.engine).has_table("colour")


def test_a_table_without_row_ids_is_estimated_too(upgrade: Callable[..., Result], waiting: Waiting) -> None:
    waiting('op.add_column("network_tie", sa.Column("colour", sa.Text()))')
    said = upgrade("check", "--json")
    assert said.exit_code == 0, said.output
    assert steps(said) == [("new column", "network_tie", "yes")]


def test_what_is_not_known_is_said(upgrade: Callable[..., Result], waiting: Waiting) -> None:
    waiting('for row in op.get_bind().execute(sa.text("SELECT id FROM some_table")).all():\n    print(row.id)',
            'first = op.get_bind().execute(sa.select(sa.column("id"))).first()\nprint(first.id)',
            'op.turn_upside_down("marketplace_category")')
    said = json.loads(upgrade("check", "--json").stdout)["migrations"]
    assert [one["notKnown"] for one in said] == [
        ["it reads rows, and what it does with them is not seen"],
        ["it reads rows, and what it does with them is not seen", "it goes on by what it reads (AttributeError)"],
        ["op.turn_upside_down(marketplace_category)"]]
    assert said[2]["oldCodeRuns"] == "not known"


def test_each_of_our_own_migrations_can_be_read(upgrade: Callable[..., Result], app: Flask) -> None:
    newest = newest_migration()
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    try:
        said = upgrade("check", "--json")
        tables = upgrade("check")
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": newest})
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)["migrations"]
    assert (found[0]["number"], found[-1]["number"]) == ("0001", newest)
    assert all(one["steps"] or one["notKnown"] for one in found)
    assert max(map(len, tables.stdout.splitlines())) <= 100


def test_a_dry_run_says_the_plan_and_changes_nothing(upgrade: Callable[..., Result], waiting: Waiting) -> None:
    waiting(TABLE)
    said = upgrade("--dry-run")
    assert said.exit_code == 0, said.output
    assert "new table" in said.output
    assert "run 1 migrations" in said.output
    assert not inspect(db.engine).has_table("colour")


def test_a_target_of_a_copy_that_is_not_whole_is_refused(
        upgrade: Callable[..., Result], waiting: Waiting, backup: Path) -> None:
    waiting(TABLE)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {COPY_TABLE} (name TEXT PRIMARY KEY)")
    try:
        refused = upgrade("--yes")
    finally:
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {COPY_TABLE}")
    assert (refused.exit_code, "a copy into this database is not whole" in refused.stderr) == (1, True), refused.output


@pytest.mark.both("each takes back what a transaction did to tables in its own way")
def test_a_migration_that_fails_takes_back_those_before_it_too(
        upgrade: Callable[..., Result], waiting: Waiting, backup: Path) -> None:
    before = present_migration(db.engine)
    waiting(TABLE, 'op.add_column("marketplace_category", sa.Column("colour", sa.Text()))\nop.execute("NONSENSE")')
    failed = upgrade("--yes")
    assert failed.exit_code == 1, failed.output
    assert "migration x002_added failed" in failed.stderr
    assert f"the database stands at {before} as before, and the backup of before is {backup}" in failed.stderr
    assert "Traceback" not in failed.output
    assert present_migration(db.engine) == before
    assert not inspect(db.engine).has_table("colour")
    assert "colour" not in {column["name"] for column in inspect(db.engine).get_columns("marketplace_category")}


@pytest.mark.both("each commits in its own way")
def test_where_a_migration_commits_by_itself_the_way_back_is_said(
        upgrade: Callable[..., Result], waiting: Waiting, backup: Path, app: Flask) -> None:
    before = present_migration(db.engine)
    waiting(TABLE, 'op.execute("COMMIT")\nop.execute("NONSENSE")', down='op.execute("DROP TABLE IF EXISTS colour")')
    try:
        failed = upgrade("--yes")
        assert failed.exit_code == 1, failed.output
        assert "migration x002_added failed" in failed.stderr
        assert f"The database stands at x001, not at {before}: flask backup restore {backup} --replace" in failed.stderr
    finally:
        downgrade(directory=app.extensions["migrate"].directory, revision=str(before))


def test_where_no_backup_can_be_made_nothing_is_migrated(
        upgrade: Callable[..., Result], waiting: Waiting, app: Flask) -> None:
    waiting(TABLE)
    folder = runtime().settings.backup_folder
    folder.write_text("a file stands here")
    try:
        refused = upgrade("--yes")
    finally:
        folder.unlink()
    assert (refused.exit_code, "cannot be used: File exists; nothing was changed" in refused.stderr) == (1, True)
    assert not inspect(db.engine).has_table("colour")


@pytest.mark.parametrize("words", [["--key-file", "{key}", "--without-backup"], ["check", "--key-file", "{key}"]])
def test_a_key_for_no_backup_is_wrong_usage(upgrade: Callable[..., Result], tmp_path: Path, words: list[str]) -> None:
    assert upgrade(*(word.format(key=tmp_path / "key") for word in words)).exit_code == 2


@pytest.mark.once("a key is a file")
def test_a_key_that_is_none_is_told_before_anything_is_done(
        upgrade: Callable[..., Result], waiting: Waiting, tmp_path: Path) -> None:
    waiting(TABLE)
    (tmp_path / "letter").write_text("Dear Sir or Madam")
    for name, said in (("letter", "is no key file"), ("none", "cannot be read")):
        refused = upgrade("--yes", "--key-file", str(tmp_path / name))
        assert (refused.exit_code, said in refused.stderr) == (1, True), refused.output
    assert not inspect(db.engine).has_table("colour")


def test_what_waits_is_run_behind_a_backup(
        upgrade: Callable[..., Result], waiting: Waiting, backup: Path, app: Flask) -> None:
    before = present_migration(db.engine)
    waiting(TABLE, "pass", down='op.execute("DROP TABLE IF EXISTS colour")')
    try:
        done = upgrade("--yes", "--json")
        assert json.loads(done.stdout) == {"changed": True, "before": before, "after": "x002", "backup": str(backup)}
        assert inspect(db.engine).has_table("colour")
        assert "no migration waits" in upgrade("check").output
    finally:
        downgrade(directory=app.extensions["migrate"].directory, revision=str(before))


@pytest.mark.once("what a backup holds is proved on both databases elsewhere")
def test_the_backup_of_before_is_a_real_one(
        upgrade: Callable[..., Result], run: Callable[..., Result], waiting: Waiting, app: Flask,
        tmp_path: Path) -> None:
    before = present_migration(db.engine)
    waiting(TABLE, down='op.drop_table("colour")')
    key = tmp_path / "key"
    make_key(key)
    try:
        done = upgrade("--yes", "--json", "--key-file", str(key))
        assert done.exit_code == 0, done.output
        assert "with an encrypted backup" in done.stderr
        made = Path(json.loads(done.stdout)["backup"])
        assert made.name in run("backup", "list").output
        with opened_archive(made, read_key(key)) as archive:
            assert contents_of(archive.contents).migration == before
            assert "database.sqlite.gz" in {member.name for member in archive.members()}
        made.unlink()
    finally:
        downgrade(directory=app.extensions["migrate"].directory, revision=str(before))
