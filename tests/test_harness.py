"""What the tests stand on: a clean start for each test, users with sessions, and a network that ends at loopback."""
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text, update

from app import clock
from app.actor import system_actor
from app.clock import now
from app.data.connections import reading
from app.data.entity import db
from app.data.unit_of_work import unit_of_work
from app.identity.roles import SUPER_ADMIN_ID
from app.runtime import runtime
from app.settings import SettingsError
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.category_management.models import Category
from blueprints.platform.auth.models import account_model
from tests.clients import ApiClient, Callers
from tests.components import create_postgresql_database, starting_postgresql
from tests.files_in_memory import forget_ended_runs, has_room
from tests.migrated import MIGRATED, KeptServer, key_of_migrations
from tests.testbed import SqliteDatabase, Testbed

MOUNT = "/marketplace/categorymanagement-api/v1/categories"


def _super_admin_name() -> str:
    account = account_model("marketplace")
    with reading() as connection:
        return str(connection.execute(select(account.fullname).where(account.id == SUPER_ADMIN_ID)).scalar_one())


def _rename_super_admin(name: str) -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        account = account_model("marketplace")
        work.execute(update(account).where(account.id == SUPER_ADMIN_ID).values(fullname=name))
        work.commit()


def _categories() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(Category)).scalar_one()


def test_nothing_of_one_test_is_seen_by_the_next(app: Flask, testbed: Testbed) -> None:
    """Rows, what staff changed of what was kept, Redis, caches, index and clock."""
    for turn in (1, 2):
        assert {*runtime().redis.keys()} <= {b"guildhall:versions"}  # every start invalidates what caches hold
        assert _categories() == 0
        assert Callers(app).user().get(MOUNT).json["categories"] == []
        assert _super_admin_name() == "Super Admin"
        assert not (runtime().settings.home / "search").exists()
        assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)
        create_category(system_actor("marketplace"), title=f"Watches {turn}")
        runtime().redis.set("left-over", "1")
        (runtime().settings.home / "search").mkdir()
        _rename_super_admin(f"Left {turn}")
        clock.set_offset(86_400)
        assert _categories() == 1
        testbed.restore()


@pytest.mark.parametrize("left", ["a table", "an open transaction", "another file"])
@pytest.mark.once("about the file of SQLite")
def test_a_database_that_rows_alone_do_not_mend_starts_as_a_fresh_copy(testbed: Testbed, left: str) -> None:
    testbed.restore()
    file = testbed.home / "guildhall.db"
    with testbed.app.app_context():
        if left == "another file":
            create_category(system_actor("marketplace"), title="Watches")
            testbed.close_connections()
            shutil.copyfile(file, file.with_suffix(".other"))
            file.with_suffix(".other").replace(file)
        with closing(sqlite3.connect(file, isolation_level=None)) as rival:
            rival.execute("CREATE TABLE IF NOT EXISTS left_over (id)" if left == "a table" else "BEGIN IMMEDIATE")
            testbed.restore()
            if left == "an open transaction":
                rival.execute("DELETE FROM alembic_version")
                rival.execute("COMMIT")
        assert _categories() == 0
        assert not inspect(db.engine).has_table("left_over")
        assert _super_admin_name() == "Super Admin"
        with reading() as connection:
            assert len(connection.execute(text("SELECT version_num FROM alembic_version")).all()) == 1
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


@pytest.mark.parametrize("changed", ["migrations/versions/0001.py", "app/data/columns.py", "requirements/base.txt"])
def test_a_migrated_file_is_of_one_state_of_the_code_alone(tmp_path: Path, changed: str) -> None:
    file = tmp_path / changed
    file.parent.mkdir(parents=True)
    file.write_text("one")
    key = key_of_migrations(tmp_path)
    assert key_of_migrations(tmp_path) == key
    file.write_text("two")
    assert key_of_migrations(tmp_path) != key


@pytest.mark.once("about the file of SQLite")
def test_a_migrated_file_is_taken_by_the_next_run_and_forgotten_with_its_code(tmp_path: Path) -> None:
    for left in ("of-other-code.db", "of-a-killed-run.4194305", "of-a-killed-run.4194305-journal"):
        (tmp_path / left).touch()
    first, second = tmp_path / "first", tmp_path / "second"
    for home in (first, second):
        home.mkdir()
        database = SqliteDatabase(home, tmp_path)
        database.begin_migrated()
        with closing(sqlite3.connect(home / "guildhall.db")) as rows:
            assert bool(rows.execute("SELECT name FROM sqlite_master").fetchall()) == (home == second)
            rows.execute("CREATE TABLE IF NOT EXISTS migrated (id)")
        database.leave_migrated()
        assert [file.name for file in tmp_path.glob("*.*")] == [f"{key_of_migrations()}.db"]


@pytest.mark.once("about the file of SQLite")
def test_a_run_whose_code_is_changed_meanwhile_leaves_no_migrated_file(tmp_path: Path,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    (home := tmp_path / "home").mkdir()
    (left := tmp_path / "left").mkdir()
    database = SqliteDatabase(home, left)
    monkeypatch.setattr("tests.testbed.key_of_migrations", lambda: "of what was typed meanwhile")
    database.leave_migrated()
    assert [*left.iterdir()] == []


@pytest.mark.once("about the file of SQLite")
def test_another_application_leaves_the_wal_to_the_connections_that_are_open(
        app: Flask, testbed: Testbed, make_app: Callable[..., Flask]) -> None:
    """Who opens and closes the file drops SQLite's locks, and the next process to end takes the WAL away."""
    wal = testbed.home / "guildhall.db-wal"
    before = wal.stat().st_ino
    make_app(LOG_LEVEL="ERROR")
    subprocess.run([sys.executable, "-c", "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute("
                    "'SELECT count(*) FROM alembic_version'))", str(testbed.home / "guildhall.db")], check=True)
    assert wal.stat().st_ino == before


@pytest.mark.once("about the file of SQLite")
def test_a_folder_in_the_place_of_the_database_is_refused(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be opened: Is a directory"):
        make_app(DATABASE_URL=f"sqlite:///{tmp_path}")


def test_a_caller_has_a_session_of_its_role(callers: Callers, client: ApiClient) -> None:
    assert client.post(MOUNT, json={"title": "Watches"}).status_code == 401
    assert callers.user().post(MOUNT, json={"title": "Watches"}).status_code == 403
    assert callers.admin().post(MOUNT, json={"title": "Watches"}).status_code == 201
    assert callers.super_admin().post(MOUNT, json={"title": "Cameras"}).status_code == 201


def test_a_session_of_one_realm_is_none_of_the_other(callers: Callers) -> None:
    assert callers.admin(realm="network").post(MOUNT, json={"title": "Watches"}).status_code == 401


def test_what_is_not_committed_is_gone(app: Flask) -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        work.insert(Category(title="Never"))
        work.flush()
        work.rollback()
    assert _categories() == 0


def test_a_settled_system_owes_nothing(app: Flask, settle: Callable[[], None]) -> None:
    create_category(system_actor("marketplace"), title="Watches")
    settle()
    from app.ops.health import backlog

    assert set(backlog().values()) == {0}


def test_no_test_reaches_beyond_this_machine() -> None:
    with socket.socket() as probe, pytest.raises(AssertionError):
        probe.connect(("192.0.2.1", 80))


@pytest.mark.postgresql
def test_the_files_of_a_server_are_taken_by_the_next_run_without_what_tests_left(tmp_path: Path) -> None:
    (left := tmp_path / "left").mkdir()
    (taken := tmp_path / "taken").mkdir()
    KeptServer(left).take(taken)
    assert [*taken.iterdir()] == []
    with starting_postgresql(left) as server:
        for name in (MIGRATED, "of_a_test"):
            create_postgresql_database(server(), name)
    assert [folder.name for folder in left.iterdir()] == [key_of_migrations()]
    KeptServer(left).take(taken)
    assert (taken / "PG_VERSION").exists()
    assert not (taken / "postmaster.pid").exists()
    assert len([*(taken / "base").iterdir()]) == 4  # postgres, its two templates, and the migrated one


def test_what_a_killed_run_left_in_memory_is_forgotten_and_a_living_one_keeps_its_files(tmp_path: Path) -> None:
    living, killed = tmp_path / f"gh{os.getpid()}", tmp_path / "gh4194305"
    for folder in (living, killed, tmp_path / "gh-of-somebody-else"):
        folder.mkdir()
    forget_ended_runs(tmp_path)
    assert {folder.name for folder in tmp_path.iterdir()} == {living.name, "gh-of-somebody-else"}


def test_files_are_kept_in_memory_only_where_there_is_room(tmp_path: Path) -> None:
    assert has_room(tmp_path, 1)
    assert not has_room(tmp_path, 1 << 60)
    assert not has_room(tmp_path / "not there", 1)


def test_the_files_of_a_server_are_of_one_state_of_the_code_alone(tmp_path: Path,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptServer(tmp_path)
    monkeypatch.setattr("tests.migrated.key_of_migrations", lambda: "of what was typed meanwhile")
    kept.leave("a server that is not asked")
    KeptServer(tmp_path).take(tmp_path)
    assert [*tmp_path.iterdir()] == []
