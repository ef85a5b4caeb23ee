"""What can go wrong with a backup is told by a sentence, and nothing is half restored."""
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from flask_migrate import downgrade, upgrade
from moto import mock_aws
from sqlalchemy.exc import OperationalError

from app.data.restored_copy import is_held_back
from app.media.store import open_store, random_name
from app.ops.backup import BackupRefused, create, go_live, place, postgresql, restore
from app.ops.backup.archive import opened_archive
from app.ops.backup.databases import SqliteFile
from app.ops.backup.folder import backups_in, claimed
from app.ops.backup.place import scratch_prefix
from app.ops.checks import FAIL
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_tenant, drop_tenant
from tests.app.ops.backup.system import System
from tests.components import database_of
from tests.passes import DATABASE
from tests.small_disk import filled, small_disk

KEY = bytes(range(32))


def changed(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Return a copy of a backup in which something is changed."""
    copy = path.with_name(f"changed-{path.name}")
    copy.write_bytes(change(path.read_bytes()))
    return copy


def flip_the_middle(content: bytes) -> bytes:
    """Flip one bit of the byte in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:]


@pytest.mark.parametrize("change", [flip_the_middle, lambda content: content[:-1500]],
                         ids=["a flipped byte", "cut short"])
def test_a_damaged_backup_is_told_and_nothing_is_half_restored(system: System,
                                                               change: Callable[[bytes], bytes]) -> None:
    damaged, before = changed(system.backup(), change), system.state()
    with pytest.raises(BackupRefused):
        system.verify(damaged)
    with pytest.raises(BackupRefused):
        system.restore(damaged, replace=True)
    assert system.state() == before
    assert_nothing_left(system)


def test_a_sealed_backup_goes_round_and_a_wrong_key_is_told(system: System) -> None:
    before, made = system.state(), system.backup(key=KEY, with_secrets=True)
    for wrong in (None, bytes(32)):
        with pytest.raises(BackupRefused, match="key"):
            system.restore(made, replace=True, key=wrong)
    system.destroy()
    system.restore(made, key=KEY)
    assert system.state() == before


def test_a_file_that_is_no_backup_is_told(system: System, tmp_path: Path) -> None:
    other = tmp_path / "letter.tar"
    other.write_text("Dear Sir or Madam")
    with pytest.raises(BackupRefused, match="backup"):
        system.restore(other, replace=True)
    with pytest.raises(BackupRefused, match="cannot be read"):
        system.restore(tmp_path / "missing", replace=True)


def test_a_tenant_that_is_missing_where_a_backup_is_made_is_named(system: System) -> None:
    lose_tenant(system)
    with pytest.raises(BackupRefused, match="acme"):
        system.backup()
    assert backups_in(system.folder) == []


def test_a_tenant_that_is_missing_in_a_backup_is_named(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    add = create._Backup._add_database

    def forgetful(self: Any, name: str, save: Callable[[Path], None]) -> None:
        if "/groups/" not in name:
            add(self, name, save)

    with monkeypatch.context() as patched:
        patched.setattr(create._Backup, "_add_database", forgetful)
        made = system.backup()
    before = system.state()
    with pytest.raises(BackupRefused, match="acme"):
        system.restore(made, replace=True)
    assert system.state() == before
    assert_nothing_left(system)


def test_a_tenant_that_is_dropped_meanwhile_is_in_no_restored_catalog(system: System,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    add = create._Backup._add_group

    def too_late(self: Any, name: str, store: Any, group: str) -> dict[str, int]:
        with system.app() as app:
            drop_tenant(organization_of(app).ports, group)
        return add(self, name, store, group)

    monkeypatch.setattr(create._Backup, "_add_group", too_late)
    made = system.backup()
    system.restore(made, replace=True)
    with system.app() as app:
        assert organization_of(app).ports.tenants.all() == []


def test_a_tenant_that_comes_before_the_catalog_is_taken_is_in_the_backup(system: System,
                                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    taking, number = create.at_one_moment, count(1)

    def with_one_more(databases: Any) -> Any:
        if next(number) == 2:  # the main database is the first, the catalog the second
            with system.app() as app:
                add_tenant(organization_of(app).ports, "late")
        return taking(databases)

    monkeypatch.setattr(create, "at_one_moment", with_one_more)
    with opened_archive(system.backup(), None) as archive:
        assert [*archive.contents["stores"]["organization"]["groups"]] == ["acme", "late"]


def test_a_file_that_comes_or_goes_while_a_database_is_taken_is_in_the_backup(
        system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row is in the database of then: an upload before it, a deletion behind it."""
    taking, store, late = create.at_one_moment, open_store(system.settings), random_name()

    @contextmanager
    def while_serving(databases: Any) -> Iterator[Any]:
        store.put(late, b"late", "text/plain")
        with taking(databases) as taken:
            yield taken
        store.delete(system.ids["file"])

    monkeypatch.setattr(create, "at_one_moment", while_serving)
    with opened_archive(system.backup(), None) as archive:
        kept = {member.name for member in archive.members()}
    assert {f"media/{late}", f"media/{system.ids['file']}"} <= kept


@pytest.mark.once("about the disk that holds backups; what PostgreSQL does on its own full disk it says itself")
def test_a_full_disk_is_told_and_leaves_nothing_behind(system: System, tmp_path: Path) -> None:
    made, before = system.backup(), system.state()
    with small_disk(tmp_path / "disk", "3m") as disk, filled(disk):
        system.folder = disk / "backups"
        with pytest.raises(BackupRefused, match=r"No space left|full"):
            system.backup()
        assert backups_in(system.folder) == []
    with small_disk(tmp_path / "other", "1m") as disk:
        system.environment |= {"GUILDHALL_HOME": str(disk / "home")}
        del system.settings
        with pytest.raises(BackupRefused, match=r"No space left|full"):
            system.restore(made)
        assert not (disk / "home").exists()
    system.environment |= {"GUILDHALL_HOME": str(tmp_path / "home")}
    del system.settings
    assert system.state() == before


@pytest.mark.once("about the disk of a file")
def test_a_database_that_has_no_room_on_a_disk_of_its_own_is_refused_before_anything_is_written(
        system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = system.backup()
    monkeypatch.setattr(SqliteFile, "load", lambda *_: pytest.fail("written"))
    with small_disk(tmp_path / "disk", "1m") as disk:
        file = disk / "not there yet" / "guildhall.db"
        system.environment |= {"GUILDHALL_HOME": str(tmp_path / "new"), "DATABASE_URL": f"sqlite:///{file}"}
        del system.settings
        with pytest.raises(BackupRefused, match=rf"it needs \d+ MiB, and the disk of {disk} has 1 MiB"):
            system.restore(made)


@pytest.mark.once("about the disk of a file")
def test_a_database_on_a_disk_of_its_own_is_put_back(system: System, tmp_path: Path) -> None:
    made, before = system.backup(), system.state()
    with small_disk(tmp_path / "disk", "30m") as disk:
        file = disk / "not there yet" / "guildhall.db"
        system.environment |= {"GUILDHALL_HOME": str(tmp_path / "new"), "DATABASE_URL": f"sqlite:///{file}"}
        del system.settings
        system.restore(made)
        assert system.state() == before


def test_a_backup_of_an_earlier_migration_is_restored_and_then_migrated(system: System) -> None:
    with system.app() as app:
        downgrade(directory=app.extensions["migrate"].directory, revision="0035")
    made = system.backup()
    failed = {finding.check for finding in system.verify(made) if finding.state == FAIL}
    assert failed == {"migrations", "stored views", "webhooks"}, "what is behind, and what came later"
    system.destroy()
    assert not system.restore(made).is_at_newest
    with system.app() as app:
        upgrade(directory=app.extensions["migrate"].directory)
        assert is_held_back()
        assert system.login(app)


def test_a_backup_of_a_newer_release_is_refused(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    made = system.backup()
    monkeypatch.setattr(place, "known_migrations", lambda: ("0001", "0002"))
    with pytest.raises(BackupRefused, match="newer release"):
        system.restore(made, replace=True)


def test_another_secret_key_is_told_and_taken_only_by_name(system: System) -> None:
    made = system.backup()
    system.environment |= {"SECRET_KEY": "another-secret-of-more-than-32-characters"}
    del system.settings
    with pytest.raises(BackupRefused, match="SECRET_KEY"):
        system.restore(made, replace=True)
    system.restore(made, replace=True, new_secret_key=True)
    with system.app() as app:
        assert system.login(app)


def test_of_two_at_once_the_second_is_refused(system: System) -> None:
    with claimed(system.folder), pytest.raises(BackupRefused, match="another backup"):
        system.backup()


def test_what_others_keep_in_the_folder_of_backups_stays(make_system: Callable[..., System]) -> None:
    system = make_system()
    theirs, ours = system.folder / "film.part", system.folder / "guildhall-20261129T010203Z.tar.part"
    for folder in (theirs, ours):
        folder.mkdir(parents=True)
    system.backup()
    assert theirs.is_dir()
    assert not ours.exists()


def test_a_backup_in_a_folder_that_is_only_read_is_proved(make_system: Callable[..., System]) -> None:
    system = make_system()
    made = system.backup()
    made.with_name(f"{made.name}.verified").mkdir()  # root writes everywhere but here
    assert not [finding for finding in system.verify(made) if finding.state == FAIL]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of S3."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        made = boto3.resource("s3").Bucket("media")
        made.create()
        yield made


def test_media_of_a_bucket_are_put_back_and_what_is_there_stays(make_system: Callable[..., System],
                                                                bucket: Any) -> None:
    system = make_system(MEDIA_STORE="s3", S3_BUCKET="media")
    system.fill()
    before, made = system.state(), system.backup()
    system.destroy()
    bucket.objects.all().delete()
    later = random_name()
    bucket.put_object(Key=later, Body=b"later")
    system.restore(made)
    assert system.state() == before
    assert sorted(open_store(system.settings).names()) == sorted([system.ids["file"], later])


def test_nothing_of_a_damaged_backup_gets_into_a_bucket(make_system: Callable[..., System], bucket: Any) -> None:
    system = make_system(MEDIA_STORE="s3", S3_BUCKET="media")
    system.fill()
    made = system.backup()
    bucket.objects.all().delete()
    picture = made.read_bytes().find(b"\x89PNG")
    damaged = changed(made, lambda content: content[:picture + 40] + b"?" + content[picture + 41:])
    with pytest.raises(BackupRefused, match="not what was written"):
        system.restore(damaged, replace=True)
    assert [*bucket.objects.all()] == []


def test_a_bucket_that_is_away_is_told(make_system: Callable[..., System], bucket: Any) -> None:
    system = make_system(MEDIA_STORE="s3", S3_BUCKET="media")
    system.fill()
    made = system.backup()
    system.environment |= {"S3_BUCKET": "elsewhere"}
    del system.settings
    with pytest.raises(BackupRefused, match=r"no backup was made: .*bucket"):
        system.backup()
    with pytest.raises(BackupRefused, match=r"nothing was restored: .*bucket"):
        system.restore(made, replace=True)
    assert_nothing_left(system)


@pytest.mark.once("media are files on both databases")
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_file_of_any_size_is_backed_up_and_put_back_in_pieces(make_system: Callable[..., System],
                                                                sealed: bool) -> None:
    system, name, size = make_system(), random_name(), 48 << 20
    path = system.settings.home / "media" / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(size)
    key = KEY if sealed else None
    tracemalloc.start()
    try:
        made = system.backup(key=key)
        system.restore(made, replace=True, key=key)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == size
    assert most < size / 3


@pytest.mark.postgresql
def test_a_pg_dump_that_is_missing_or_older_is_told(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_major_of", lambda path: 12)
    with pytest.raises(BackupRefused, match=r"needs pg_dump .* found is only 12"):
        system.backup()
    monkeypatch.setattr(postgresql, "_major_of", lambda path: None)
    with pytest.raises(BackupRefused, match=r"needs pg_dump .* or later on this machine: apt-get"):
        system.backup()


@pytest.mark.postgresql
def test_a_role_that_is_not_told_where_the_servers_programs_are_hears_where_to_name_them(
        system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_program_folder", lambda connection: "")
    monkeypatch.setattr(postgresql, "_major_of", lambda path: None)
    with pytest.raises(BackupRefused, match="only a superuser is told: put their folder into PATH"):
        system.backup()


def test_a_database_that_goes_away_behind_a_restore_is_told_and_what_is_restored_stays(
        system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> str:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    made, before = system.backup(), system.state()
    monkeypatch.setattr(restore, "former_database", away)
    with pytest.raises(BackupRefused, match=r"the backup is restored, but .* could not be looked up: away"):
        system.restore(made, replace=True)
    assert system.state() == before


@pytest.mark.postgresql
def test_autovacuum_does_not_keep_a_restore_from_beginning(postgresql_server: str,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("""CREATE TEMP VIEW pg_stat_activity AS
                              SELECT 'shop'::name AS datname, NULL::oid AS usesysid, 'autovacuum worker' AS backend_type
                              UNION ALL SELECT 'office'::name, 10::oid, 'client backend'""")
        monkeypatch.setattr(postgresql, "_maintenance", lambda url: nullcontext(connection))
        assert postgresql.in_use(postgresql_server, ["shop", "office"]) == ["office"]


@pytest.mark.postgresql
def test_a_catalog_beside_the_main_database_is_put_back_too(make_system: Callable[..., System],
                                                            postgresql_server: str) -> None:
    system = make_system()
    name = f"{system.settings.organization_prefix}catalog"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    system.environment |= {"DATABASE": database_of(postgresql_server, name)}
    del system.settings
    system.fill()
    made = system.backup()
    with system.app() as app:
        system.tenant(app).add(name="Later")
    system.restore(made, replace=True)
    assert go_live(system.settings)
    assert system.state()["organizations"] == ["Kept"]


def lose_tenant(system: System) -> None:
    """Take the database of the tenant away, behind everybody's back."""
    if DATABASE == "sqlite":
        (system.settings.home / "organization" / "tenants" / "acme.db").unlink()
        return
    with psycopg.connect(system.server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{system.settings.organization_prefix}acme" WITH (FORCE)')


def assert_nothing_left(system: System) -> None:
    """Nothing half restored lies about: no folder, and no database of a scratch place."""
    assert not list(system.settings.home.glob("*.part"))
    assert not list(system.settings.home.glob("before-restore-*"))
    if DATABASE != "sqlite":
        with psycopg.connect(system.server_url) as connection:
            names = [name for name, in connection.execute("SELECT datname FROM pg_database")]
        ours = scratch_prefix(system.settings), f"{system.settings.organization_prefix}main_before"
        assert not [name for name in names if name.startswith(ours)]
