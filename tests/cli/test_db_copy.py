"""`flask db copy`: refusals first, then what it copies, how it goes on, and what is served from its target."""
import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from select import POLLIN, poll
from typing import Any

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, make_url, select, text

from app.actor import system_actor
from app.data import table_copy
from app.data.connections import CONNECTION_PREFIX
from app.data.entity import db
from app.errors import NotFound, RuleViolated
from app.ops.checks import FAIL, examine
from app.ops.migrations import COPY_TABLE, migrate_application
from app.runtime import runtime_of
from app.settings import SettingsError, with_driver
from blueprints.marketplace.category_management.commands import create_category
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant, known_tenant
from blueprints.platform.auth.commands import purge_archived, restore_user
from blueprints.platform.auth.models import MarketplaceUser
from blueprints.platform.auth.person_commands import erase_account
from cli import db as terminal
from cli.demo_factories import category_values
from tests.cli.market import Market
from tests.clients import Callers
from tests.components import ROOT, create_postgresql_database, drop_postgresql_database, unique_name
from tests.organization.world import SCOPES, Caller
from tests.passes import DATABASE
from tests.testbed import Testbed

Copy = Callable[..., Result]


@pytest.fixture
def target(tmp_path: Path) -> str:
    """An empty database: a file that is not there yet."""
    (tmp_path / "moved").mkdir()
    return f"sqlite:///{tmp_path}/moved/guildhall.db"


@pytest.fixture
def copy(app: Flask, testbed: Testbed) -> Copy:
    """Call it with the words after `flask db copy`, from the database under test or another application's."""
    def run(*words: str, source: Flask = app, **options: Any) -> Result:
        testbed.close_connections()
        with source.app_context():
            db.engine.dispose()
        # In a context of its own: a tenant's connection or a unit of work of the test is none of the command's.
        return source.test_cli_runner().invoke(terminal.db, ["copy", *words], **options)
    return run


@pytest.fixture
def rows(app: Flask, callers: Callers) -> str:
    """Somebody who can log in, something with words, and events of both; returns the e-mail."""
    ben = callers.user("ben")
    create_category(callers.admin().actor, **category_values(title="Épées & <b>象</b>"))
    return ben.email


@pytest.fixture
def acme(app: Flask) -> Iterator[str]:
    """A tenant of the source, whose databases are gone afterwards."""
    ports, name = organization_of().ports, unique_name("acme").replace("_", "-")
    add_tenant(ports, name)
    yield name
    ports.databases.drop(known_tenant(ports, name))
    ports.tenants.remove(name)


def held(result: Result, *, code: int, says: str) -> None:
    """Hold a refusal to its exit code and its sentence, and to no traceback."""
    assert (result.exit_code, says in result.stderr) == (code, True), result.output
    assert "Traceback" not in result.output


def at_target(testbed: Testbed, url: str, **changed: str) -> Flask:
    """Return an application on the target of a copy."""
    home = Path(url.removeprefix("sqlite:///")).parent if url.startswith("sqlite") else testbed.home
    return testbed.another_app(DATABASE_URL=url, GUILDHALL_HOME=str(home), **changed)


def failures(app: Flask) -> set[str]:
    """Return which checks of the doctor fail, apart from the processes that no test runs."""
    with app.app_context():
        return {f"{found.check}: {found.says}" for found in examine()
                if found.state == FAIL and found.check not in ("worker", "redis", "disk")}


@pytest.mark.parametrize("url", ["nonsense", "mysql://x:hidden@y/z", "sqlite://", "sqlite:///:memory:"])
@pytest.mark.once("nothing is opened")
def test_what_is_no_url_of_a_database_is_wrong_usage_and_never_repeated(copy: Copy, url: str) -> None:
    refused = copy("--to", url)
    held(refused, code=2, says="must")
    assert "hidden" not in refused.output


@pytest.mark.parametrize("url", ["postgresql://ada:se@hidden@h/db", "postgresql://ada:x@h:hidden/db"])
@pytest.mark.once("nothing is opened")
def test_a_url_whose_password_would_be_taken_for_the_host_is_wrong_usage_and_never_repeated(
        copy: Copy, url: str) -> None:
    refused = copy("--to", "-", input=url)
    held(refused, code=2, says="write @ as %40")
    assert "hidden" not in refused.output


@pytest.mark.once("no server is there, whatever the source is")
@pytest.mark.parametrize("words", [["--to", "-"], ["--to", "-", "--tenants", "-"]])
def test_a_url_is_read_from_standard_input_and_never_shown(copy: Copy, words: list[str]) -> None:
    refused = copy(*words, "--yes", input="postgresql://ada:hidden@127.0.0.1:1/nowhere\n" * 2)
    held(refused, code=1, says="--to PostgreSQL nowhere on 127.0.0.1:1 cannot be reached")
    assert "hidden" not in refused.output


@pytest.mark.once("nothing is opened")
@pytest.mark.parametrize("given", ["", "\n"])
def test_standard_input_without_a_url_is_wrong_usage(copy: Copy, given: str) -> None:
    held(copy("--to", "-", input=given), code=2, says="must be a URL")


@pytest.mark.once("no server is there, whatever the source is")
def test_a_password_that_the_list_of_processes_shows_is_told_how_to_hide(copy: Copy) -> None:
    told = "the list of processes shows the password of --to: --to - asks for it"
    assert told in copy("--to", "postgresql://ada:hidden@127.0.0.1:1/nowhere", "--yes").stderr
    assert told not in copy("--to", "postgresql://ada@127.0.0.1:1/nowhere", "--yes").stderr


@pytest.mark.once("a terminal is one, whatever the source is")
@pytest.mark.slow
def test_a_url_that_is_typed_is_not_shown(testbed: Testbed) -> None:
    testbed.close_connections()
    ours, theirs = os.openpty()
    try:
        with subprocess.Popen([sys.executable, "-m", "flask", "db", "copy", "--to", "-", "--yes"], cwd=ROOT,
                              env=os.environ | testbed.environment, stdin=theirs, stdout=theirs, stderr=theirs,
                              start_new_session=True) as process:
            os.close(theirs)
            try:
                shown = _read_until(ours, b"URL for --to: ")
                os.write(ours, b"postgresql://ada:hidden@127.0.0.1:1/nowhere\n")
                shown += _read_until(ours, b"cannot be reached")
            except BaseException:
                process.kill()  # who waits for an answer would be waited for
                raise
    finally:
        os.close(ours)
    assert (process.returncode, b"hidden" in shown) == (1, False), shown


def _read_until(terminal: int, end: bytes, *, seconds: float = 120) -> bytes:
    """Return what a terminal shows until `end` stands there; fails with all of it when that does not come."""
    deadline = time.monotonic() + seconds
    asked = poll()
    asked.register(terminal, POLLIN)
    shown = b""
    while end not in shown:
        if not asked.poll(max(0, deadline - time.monotonic()) * 1000):
            pytest.fail(f"nothing came behind {shown!r}")
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # EIO: nobody has the other end any more
            pytest.fail(f"it ended with {shown!r}")
    return shown


@pytest.mark.parametrize(("is_over", "told"), [(True, "it ended with b'away"), (False, "nothing came behind b'away")])
def test_a_terminal_on_which_what_is_waited_for_does_not_come_fails_with_what_came(*, is_over: bool, told: str) -> None:
    ours, theirs = os.openpty()
    os.write(theirs, b"away\n")
    if is_over:
        os.close(theirs)
    try:
        with pytest.raises(pytest.fail.Exception, match=told):
            _read_until(ours, b"here", seconds=0)
    finally:
        os.close(ours)
        if not is_over:
            os.close(theirs)


@pytest.mark.once("no server is there, whatever the source is")
def test_a_server_that_cannot_be_reached_is_refused_without_its_password(copy: Copy) -> None:
    refused = copy("--to", "postgresql://ada:hidden@127.0.0.1:1/nowhere", "--yes")
    held(refused, code=1, says="--to PostgreSQL nowhere on 127.0.0.1:1 cannot be reached")
    assert "hidden" not in refused.output


@pytest.mark.once("the target is a file")
def test_a_folder_that_is_not_there_is_refused(copy: Copy, tmp_path: Path) -> None:
    held(copy("--to", f"sqlite:///{tmp_path}/none/x.db", "--yes"), code=1, says="cannot be opened: No such file")


def test_the_same_database_as_both_is_refused(copy: Copy, app: Flask) -> None:
    held(copy("--to", runtime_of(app).settings.database_url, "--yes"), code=1, says="the target is the source itself")


@pytest.mark.once("a link is a matter of files")
def test_the_same_file_under_another_name_is_refused(copy: Copy, testbed: Testbed, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(testbed.home / "guildhall.db")
    held(copy("--to", f"sqlite:///{tmp_path}/link.db", "--yes"), code=1, says="the target is the source itself")


@pytest.mark.postgresql
def test_the_same_database_under_another_name_is_refused(copy: Copy, app: Flask) -> None:
    url = runtime_of(app).settings.database_url.replace("?", "?options=-c%20geqo=off&")
    other = url.replace("host=", "host=/tmp/../")
    assert other != url
    held(copy("--to", other, "--yes"), code=1, says="the target is the source itself, under another name")


def test_a_target_with_rows_is_refused_and_left_alone(copy: Copy, app: Flask, target: str) -> None:
    file = Path(target.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as there:
        there.execute("CREATE TABLE outbox_record (id INTEGER PRIMARY KEY)")
        there.execute("INSERT INTO outbox_record VALUES (1)")
    there.close()
    held(copy("--to", target, "--yes"), code=1, says="the target is not empty, there are rows in outbox_record")
    with sqlite3.connect(file) as there:
        assert there.execute("SELECT count(*) FROM outbox_record").fetchone() == (1,)
    there.close()


def test_a_target_with_tables_of_others_is_refused(copy: Copy, app: Flask, target: str) -> None:
    with sqlite3.connect(target.removeprefix("sqlite:///")) as there:
        there.execute("CREATE TABLE of_others (id INTEGER PRIMARY KEY)")
    there.close()
    held(copy("--to", target, "--yes"), code=1, says="it has the tables of_others")


def test_a_target_at_another_migration_is_refused(copy: Copy, app: Flask, target: str) -> None:
    with sqlite3.connect(target.removeprefix("sqlite:///")) as there:
        there.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        there.execute("INSERT INTO alembic_version VALUES ('0001')")
    there.close()
    held(copy("--to", target, "--yes"), code=1, says="the target is at migration 0001, the newest is")


def test_a_source_that_is_not_at_the_newest_migration_is_refused(copy: Copy, testbed: Testbed, target: str) -> None:
    with testbed.empty_app() as empty:
        held(copy("--to", target, "--yes", source=empty), code=1, says="the source is at migration None")


def test_a_source_that_is_being_written_is_refused(
        copy: Copy, app: Flask, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_copy, "WAIT_SECONDS", 1)
    engine = create_engine(with_driver(runtime_of(app).settings.database_url))
    with engine.connect() as writer:
        writer.execute(text("DELETE FROM outbox_record"))
        held(copy("--to", target, "--yes"), code=1, says="somebody writes into the source")
        writer.rollback()
    engine.dispose()


def test_a_system_that_still_runs_on_the_folder_is_refused(copy: Copy, testbed: Testbed, target: str) -> None:
    lock = testbed.home / "serve.lock"
    with lock.open("a+") as served:
        fcntl.flock(served, fcntl.LOCK_EX)
        held(copy("--to", target, "--yes"), code=1, says="flask serve runs on")
    lock.unlink()


@pytest.mark.postgresql
def test_services_that_are_still_connected_are_refused(
        copy: Copy, testbed: Testbed, app: Flask, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testbed, "close_connections", lambda: None)
    service = testbed.another_app()
    with service.app_context(), db.engine.connect():
        held(copy("--to", target, "--yes"), code=1, says="connections of Guildhall's services are open to the source")


@pytest.mark.both("who serves is seen on each of the two in its own way")
def test_services_that_are_started_while_it_copies_are_refused_at_its_end(
        copy: Copy, testbed: Testbed, rows: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait to write into the source, and what they write would stay behind."""
    begun = list[Any]()

    def start(_progress: object, doing: str, *_: object) -> None:
        if doing == "compare" and not begun:
            begun.append(_service(testbed))

    with monkeypatch.context() as patched:
        patched.setattr(terminal._Progress, "__call__", start)
        refused = copy("--to", target, "--yes")
    begun.pop().close()
    held(refused, code=1, says="stop")
    assert copy("--to", target, "--yes").exit_code == 0


def _service(testbed: Testbed) -> Any:
    """Do what a service does first: lock the folder, or connect by its name; closing it ends the service."""
    if DATABASE == "sqlite":
        lock = (testbed.home / "serve.lock").open("a+")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock
    return psycopg.connect(testbed.environment["DATABASE_URL"], application_name=f"{CONNECTION_PREFIX}memory here")


@pytest.mark.once("the note is the target's, and that is a file")
def test_an_unfinished_copy_of_another_source_is_refused(copy: Copy, app: Flask, target: str) -> None:
    with sqlite3.connect(target.removeprefix("sqlite:///")) as there:
        there.execute(f"CREATE TABLE {COPY_TABLE} (name VARCHAR(160) PRIMARY KEY, value TEXT NOT NULL)")
        there.execute(f"INSERT INTO {COPY_TABLE} VALUES ('source', 'SQLite /srv/other.db'), ('phase', 'copying')")
    there.close()
    held(copy("--to", target, "--yes"), code=1,
         says="the target is an unfinished copy of SQLite /srv/other.db: --restart begins anew")


@pytest.mark.postgresql
def test_a_target_whose_user_may_not_create_a_database_for_each_tenant_is_refused(
        copy: Copy, app: Flask, postgresql_server: str, acme: str) -> None:
    role = unique_name("nobody")
    create_postgresql_database(postgresql_server, role)
    url = make_url(postgresql_server).set(username=role, password="no-secret", database=role)
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'no-secret'")
        server.execute(f"ALTER DATABASE {role} OWNER TO {role}")
        try:
            held(copy("--to", url.render_as_string(hide_password=False), "--yes"), code=1,
                 says="the target's user may not create one: ALTER ROLE")
        finally:
            drop_postgresql_database(postgresql_server, role)
            server.execute(f"DROP ROLE {role}")


@pytest.mark.once("a tenant is one on both databases")
def test_a_tenant_that_is_written_while_others_are_copied_is_refused_and_restart_begins_anew(
        copy: Copy, app: Flask, target: str, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = organization_of()
    client, _ = add_client(store.ports, acme, SCOPES, "test")
    caller = Caller(app, acme, store.tokens.mint(client.client_id, acme, " ".join(SCOPES)))

    def write(_progress: object, doing: str, table: str, _rows: int) -> None:
        if (doing, table.partition(" ")[0]) == ("compare", "catalog"):  # by then every tenant was copied and compared
            caller.add(name="Later")

    with monkeypatch.context() as patched:
        patched.setattr(terminal._Progress, "__call__", write)
        held(copy("--to", target, "--yes"), code=1,
             says=f"{acme} was written while others were copied: stop every service; --restart begins anew")
    assert copy("--to", target, "--yes", "--restart").exit_code == 0


@pytest.mark.once("a tenant is one on both databases")
def test_a_tenant_that_is_half_made_or_whose_place_is_taken_is_refused(
        copy: Copy, app: Flask, target: str, tmp_path: Path, acme: str) -> None:
    tenants = organization_of().ports.tenants
    tenants.set_status(acme, "creating")
    held(copy("--to", target, "--yes"), code=1, says=f"the tenant {acme} is creating")
    tenants.set_status(acme, "active")
    there = tmp_path / "moved" / "organization"
    assert copy("--to", target, "--dry-run").exit_code == 0
    assert not (there / "catalog.db").exists()
    (there / "tenants").mkdir(parents=True, exist_ok=True)
    (there / "tenants" / f"{acme}.db").touch()
    held(copy("--to", target, "--yes"), code=1, says=f"where the tenants go, {acme} is there already")


def test_a_dry_run_refuses_what_would_be_refused_and_changes_nothing(copy: Copy, rows: str, target: str) -> None:
    rehearsed = copy("--to", target, "--dry-run", "--json")
    assert (rehearsed.exit_code, json.loads(rehearsed.stdout)["changed"]) == (0, False), rehearsed.output
    with sqlite3.connect(target.removeprefix("sqlite:///")) as there:
        assert there.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    there.close()


def test_a_copy_that_was_cut_off_is_not_served_and_goes_on(
        copy: Copy, rows: str, target: str, testbed: Testbed, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(_progress: object, doing: str, table: str, _rows: int) -> None:
        if (doing, table) == ("copy", "outbox_record"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(terminal._Progress, "__call__", cut_off)
        assert copy("--to", target, "--yes").exit_code == 1
    there = at_target(testbed, target)
    with there.app_context(), pytest.raises(SettingsError, match="a copy into this database is not whole"):
        migrate_application()
    assert any("a copy into this database is not whole" in one for one in failures(there))
    done = copy("--to", target, "--yes", "--json")
    assert done.exit_code == 0, done.output
    tables = {table["table"]: table for table in json.loads(done.stdout)["tables"]}
    assert tables["marketplace_user"]["copied"] == 0 < tables["marketplace_user"]["rows"]
    assert tables["outbox_record"]["copied"] == tables["outbox_record"]["rows"] > 0
    with there.app_context():
        migrate_application()

    held(copy("--to", target, "--yes"), code=1, says="the target is not empty")
    held(copy("--to", target, "--yes", "--restart"), code=1, says="the target is not empty")


def test_what_was_written_since_a_copy_was_cut_off_is_seen_and_restart_begins_anew(
        copy: Copy, rows: str, target: str, testbed: Testbed, callers: Callers,
        monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(_progress: object, doing: str, *_: object) -> None:
        if doing == "compare":
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(terminal._Progress, "__call__", cut_off)
        assert copy("--to", target, "--yes").exit_code == 1

    with sqlite3.connect(target.removeprefix("sqlite:///")) as there:  # a row that somebody changed in the target
        there.execute("UPDATE marketplace_category SET title = 'another'")
    there.close()
    held(copy("--to", target, "--yes"), code=1, says="the target is not complete: marketplace_category: ")

    create_category(callers.admin().actor, **category_values(title="Later"))
    held(copy("--to", target, "--yes"), code=1, says="the source was written since this copy began")
    assert copy("--to", target, "--yes", "--restart").exit_code == 0

    with testbed.empty_app() as another:
        held(copy("--to", target, "--yes", source=another), code=1, says="the source is at migration None")


def test_who_is_erased_while_a_copy_is_cut_off_is_in_no_copy_that_is_whole(
        copy: Copy, target: str, testbed: Testbed, callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    ben, boss = callers.user("ben"), callers.super_admin().actor

    def cut_off(_progress: object, doing: str, *_: object) -> None:
        if doing == "compare":
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(terminal._Progress, "__call__", cut_off)
        assert copy("--to", target, "--yes").exit_code == 1
    assert _is_kept(testbed, target, ben.user_id)
    assert erase_account(boss, ben.user_id)
    assert purge_archived("marketplace") == 1
    held(copy("--to", target, "--yes"), code=1, says="the source was written since this copy began")
    assert copy("--to", target, "--yes", "--restart").exit_code == 0
    assert not _is_kept(testbed, target, ben.user_id)


def test_after_a_copy_who_is_to_be_erased_goes_and_whom_others_wait_for_stays(
        copy: Copy, target: str, testbed: Testbed, callers: Callers, market: Market) -> None:
    order, uma, boss = market.ordered(), callers.user("uma"), system_actor("marketplace", operator="root")
    assert erase_account(boss, uma.user_id)
    assert copy("--to", target, "--yes").exit_code == 0
    with at_target(testbed, target).app_context():
        with pytest.raises(RuleViolated, match=f"order {order['orderNumber']}, bought, is PENDING_PAYMENT"):
            erase_account(boss, market.ben.user_id)
        with pytest.raises(NotFound):
            restore_user(callers.super_admin().actor, uma.user_id)
        assert purge_archived("marketplace") == 1
    assert _is_kept(testbed, target, market.ben.user_id)
    assert not _is_kept(testbed, target, uma.user_id)


def _is_kept(testbed: Testbed, target: str, user_id: str) -> bool:
    with at_target(testbed, target).app_context():
        with db.engine.connect() as connection:
            kept = connection.scalar(select(MarketplaceUser.id).where(MarketplaceUser.id == user_id))
        db.engine.dispose()
    return kept is not None
