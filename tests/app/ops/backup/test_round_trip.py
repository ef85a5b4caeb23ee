"""A backup is made, everything is lost, the backup is put back: logins, tenants, media and keys are there again."""
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.clock import now
from app.data.restored_copy import is_held_back
from app.ops.backup import BackupRefused, go_live, swap
from app.ops.backup.folder import backups_in
from app.ops.checks import FAIL, examine
from tests.app.ops.backup.system import System


def test_what_was_lost_is_there_again_with_old_logins_tenants_media_and_keys(system: System) -> None:
    before = system.state()
    made = system.backup()
    system.destroy()
    system.restore(made)
    assert system.state() == before
    with system.app():
        found = {finding.check: finding.state for finding in examine()}
    assert {check for check, state in found.items() if state == FAIL} <= {"redis"}
    assert found["restored copy"] == "warn"


def test_the_synonyms_of_the_operator_are_put_back_and_those_of_later_aside(system: System) -> None:
    without, file = system.backup(), system.settings.home / "synonyms.txt"
    file.write_text("sofa, couch\n")
    made = system.backup()
    file.write_text("tv => television\n")
    [aside] = [path for path in system.restore(made, replace=True).aside if path.endswith("/synonyms.txt")]
    assert (file.read_text(), Path(aside).read_text()) == ("sofa, couch\n", "tv => television\n")
    assert file.stat().st_mode & 0o777 == 0o600
    system.restore(without, replace=True)
    assert file.read_text() == "sofa, couch\n"


def test_synonyms_that_no_search_reads_are_not_taken_along(system: System) -> None:
    (system.settings.home / "synonyms.txt").write_bytes(b"sofa, couch\n" * 100_000)
    with tarfile.open(system.backup()) as opened:
        assert "synonyms.txt" not in opened.getnames()


def test_a_copy_is_held_back_until_it_goes_live(system: System) -> None:
    made = system.backup()
    system.restore(made, replace=True)
    with system.app():
        assert is_held_back()
    assert go_live(system.settings)
    assert not go_live(system.settings)
    with system.app():
        assert not is_held_back()


def test_a_place_that_is_not_empty_is_refused_and_stays(system: System) -> None:
    made = system.backup()
    with system.app() as app:
        system.tenant(app).add(name="Later")
    before = system.state()
    with pytest.raises(BackupRefused, match="not empty"):
        system.restore(made)
    assert system.state() == before


def test_with_replace_what_came_later_is_put_aside(system: System) -> None:
    made = system.backup()
    with system.app() as app:
        system.tenant(app).add(name="Later")
    assert system.restore(made, replace=True).aside
    assert system.state()["organizations"] == ["Kept"]


def test_each_of_two_restores_within_a_second_puts_aside_what_it_found(system: System,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    monkeypatch.setattr(swap, "now", lambda: moment)
    made = system.backup()
    first, second = (system.restore(made, replace=True).aside for _ in range(2))
    assert second
    assert not {*first} & {*second}
    assert system.state()["organizations"] == ["Kept"]


def test_a_running_system_is_not_restored_over(system: System) -> None:
    made = system.backup()
    engine = create_engine(system.settings.database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM marketplace_user"))
        with pytest.raises(BackupRefused, match="stop"):
            system.restore(made, replace=True)
    engine.dispose()
    assert system.state()["organizations"] == ["Kept"]


def test_a_backup_is_proved_while_the_system_serves_and_remembered(system: System) -> None:
    made = system.backup()
    assert backups_in(system.folder)[0].verified_at is None
    with system.app() as app:
        system.login(app)
        found = system.verify(made)
    assert found
    assert not [finding for finding in found if finding.state == FAIL]
    assert backups_in(system.folder)[0].verified_at is not None


def test_a_backup_of_a_system_without_tenants_and_media_is_whole(make_system: Callable[..., System]) -> None:
    empty = make_system()
    made = empty.backup()
    empty.destroy()
    empty.restore(made)
    with empty.app() as app:
        empty.login(app)


def test_the_table_of_contents_is_read_with_tar(system: System) -> None:
    with tarfile.open(system.backup()) as opened:
        names = opened.getnames()
        contents = json.loads(opened.extractfile(names[0]).read())  # type: ignore[union-attr]
    assert names[0] == "contents.json"
    assert contents["rows"]["marketplace_user"] == 1
    assert list(contents["stores"]["organization"]["groups"]) == ["acme"]
    assert contents["media"]["files"] == 1
    assert not [name for name in names if "search" in name or "valkey" in name or name.startswith("log")]


def test_secrets_stay_out_unless_they_are_wanted_and_sealed(system: System) -> None:
    with tarfile.open(system.backup()) as opened:
        said = opened.extractfile("environment.txt").read().decode()  # type: ignore[union-attr]
    assert "# SECRET_KEY: a secret, kept out" in said
    assert system.settings.secret_key not in said
    with pytest.raises(BackupRefused, match="encrypted"):
        system.backup(with_secrets=True)
