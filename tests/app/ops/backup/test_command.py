"""`flask backup` speaks in sentences: 0 done, 1 refused, 2 wrong usage."""
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from app.clock import moved_clock
from app.data.entity import db
from app.ops.backup.folder import backups_in
from blueprints.platform.auth.commands import purge_archived
from blueprints.platform.auth.person_commands import erase_account
from blueprints.platform.auth.person_models import PurgedAccount
from cli.backup import backup
from tests.app.ops.backup.system import System
from tests.app.ops.backup.test_faults import assert_nothing_left
from tests.clients import Callers


def run(system: System, *words: object, code: int = 0) -> str:
    """Run `flask backup` in the environment of a system, and return what it says."""
    done = CliRunner().invoke(backup, [str(word) for word in words],
                              env=system.environment | {"BACKUP_FOLDER": str(system.folder)})
    assert done.exit_code == code, done.output + repr(done.exception)
    return done.output


def told(system: System, *words: object) -> Any:
    """Return what a command says as JSON."""
    said = run(system, *words, "--json")
    return json.loads(said[min(place for place in (said.find("{"), said.find("[")) if place >= 0):])


def test_a_backup_is_made_listed_shown_proved_and_put_back(system: System, tmp_path: Path) -> None:
    key = tmp_path / "key"
    run(system, "key", key)
    made = told(system, "create", "--encrypt", "--key-file", key)["backup"]
    assert "tenants    1" in run(system, "show", made, "--key-file", key)
    assert told(system, "list")[0] | {"age": "", "bytes": 0, "madeAt": ""} == {
        "backup": Path(made).name, "madeAt": "", "age": "", "bytes": 0, "encrypted": "yes", "verifiedAt": None,
        "says": ""}
    proved = told(system, "verify", made, "--key-file", key)
    assert proved["whole"]
    shown = run(system, "verify", made, "--key-file", key)
    assert all(one["says"] in " ".join(shown.split()) for one in proved["findings"] if one["state"] != "ok")
    assert "…" not in shown
    assert told(system, "list")[0]["verifiedAt"]
    assert "key" in run(system, "restore", made, "--yes", "--replace", code=1)
    assert "not empty" in run(system, "restore", made, "--key-file", key, "--yes", code=1)
    assert not told(system, "restore", made, "--key-file", key, "--replace", "--dry-run")["changed"]
    assert told(system, "restore", made, "--key-file", key, "--replace", "--yes")["restored"] == Path(made).name
    assert told(system, "go-live", "--yes") == {"live": True}
    assert system.state()["organizations"] == ["Kept"]


@pytest.mark.both("who is connected is asked of each in its own way")
def test_a_place_that_is_refused_is_refused_before_anybody_is_asked_and_by_a_dry_run(
        make_system: Callable[..., System]) -> None:
    system = make_system()
    made = system.backup()
    engine = create_engine(system.settings.database_url)
    for how in ([], ["--yes"], ["--dry-run"]):
        said = run(system, "restore", made, *how, code=1)
        assert ("not empty" in said, "Go on?" in said) == (True, False)
        with engine.connect() as connection:
            connection.execute(text("SELECT count(*) FROM marketplace_user"))
            said = run(system, "restore", made, "--replace", *how, code=1)
        engine.dispose()
        assert ("stop" in said, "Go on?" in said) == (True, False)
    assert told(system, "restore", made, "--replace", "--dry-run")["whole"]


@pytest.mark.both("each has a scratch place of its own kind")
def test_a_new_machine_shows_and_proves_a_backup_and_keeps_nothing_of_it(make_system: Callable[..., System],
                                                                          tmp_path: Path) -> None:
    system = make_system()
    made = system.backup()
    shown = CliRunner().invoke(backup, ["show", str(made)], env={"GUILDHALL_HOME": str(tmp_path / "none"),
                                                                "GUILDHALL_ENV": "nonsense"})
    assert shown.exit_code == 0, shown.output
    new = tmp_path / "new" / "machine"
    system.environment |= {"GUILDHALL_HOME": str(new)}
    del system.settings
    assert told(system, "verify", made)["whole"]
    assert not told(system, "restore", made, "--replace", "--dry-run")["changed"]
    letter = tmp_path / "letter"
    letter.write_text("Dear Sir or Madam")
    for words in (("verify", letter), ("restore", letter, "--replace", "--yes")):
        assert "no backup" in run(system, *words, code=1)
    assert not new.parent.exists()
    assert_nothing_left(system)
    system.environment |= {"GUILDHALL_ENV": "nonsense"}
    assert "GUILDHALL_ENV" in run(system, "verify", made, code=1)
    assert not new.parent.exists()


def test_a_backup_from_the_future_is_taken_and_told(make_system: Callable[..., System]) -> None:
    system = make_system()
    with moved_clock(days=2):
        made = system.backup()
    for words in (("show", made), ("verify", made), ("restore", made, "--replace", "--yes")):
        assert "careful: it is dated in the future" in run(system, *words)


def test_what_is_restored_is_its_owners_alone(system: System) -> None:
    made = told(system, "create")["backup"]
    before = os.umask(0o022)
    try:
        run(system, "restore", made, "--replace", "--yes")
    finally:
        os.umask(before)
    home = system.settings.home
    assert [path for path in home.rglob("*") if path.stat().st_mode & 0o077 and _is_ours(path, home)] == []


def _is_ours(path: Path, home: Path) -> bool:
    """Tell whether a restore made it: what was put aside is as it was."""
    return not path.relative_to(home).parts[0].startswith("before-restore-")


@pytest.mark.both("what was put aside is read in each of the two in its own way")
def test_whoever_was_erased_since_the_backup_is_named(make_system: Callable[..., System]) -> None:
    system = make_system()
    with system.app() as app:
        erased, waiting, staying = (Callers(app).user(name).user_id for name in ("ben", "cleo", "anna"))
    made = system.backup()
    with system.app() as app:
        callers = Callers(app)
        for user_id in (erased, callers.user("later").user_id):
            erase_account(callers.super_admin().actor, user_id)
        assert purge_archived("marketplace") == 2
        erase_account(callers.super_admin().actor, waiting)  # its purge has not run
    said = told(system, "restore", made, "--replace", "--yes")
    assert said["eraseAgain"] == [{"realm": "marketplace", "id": user_id} for user_id in sorted((erased, waiting))]
    assert "flask users erase" in said["next"]
    with system.app() as app:
        for user_id in (erased, waiting):
            erase_account(Callers(app).super_admin().actor, user_id)
    said = run(system, "restore", made, "--replace", "--yes")
    assert f"marketplace {erased}" in said
    assert staying not in said


def test_whoever_was_erased_since_an_upgrade_is_named_on_the_way_back(make_system: Callable[..., System]) -> None:
    system = make_system()
    with system.app() as app:
        erased = Callers(app).user("ben").user_id
        PurgedAccount.__table__.drop(db.engine)  # type: ignore[attr-defined]
    made = system.backup()  # as of a release that wrote down nobody
    with system.app() as app:
        PurgedAccount.__table__.create(db.engine)  # type: ignore[attr-defined]
        erase_account(Callers(app).super_admin().actor, erased)
        assert purge_archived("marketplace") == 1
    said = told(system, "restore", made, "--replace", "--yes")
    assert said["eraseAgain"] == [{"realm": "marketplace", "id": erased}]


def test_who_was_erased_is_not_known_where_nothing_was_put_aside(make_system: Callable[..., System]) -> None:
    system = make_system()
    made = system.backup()
    system.destroy()
    assert told(system, "restore", made, "--yes")["eraseAgain"] is None


def test_keep_leaves_the_newest_of_a_day(system: System) -> None:
    run(system, "create")
    run(system, "create")
    assert told(system, "create", "--keep", "1d", "--yes")["removed"] == 2
    assert len(backups_in(system.folder)) == 1


def test_a_dry_run_of_a_backup_names_what_keep_would_remove_and_makes_none(make_system: Callable[..., System]) -> None:
    system = make_system()
    before = system.places()
    assert not system.folder.exists()
    assert told(system, "create", "--dry-run")["wouldRemove"] == []
    assert (system.folder.exists(), system.places()) == (False, before)
    made = [Path(told(system, "create")["backup"]).name for _ in range(2)]
    assert told(system, "create", "--keep", "1d", "--dry-run")["wouldRemove"] == made[::-1]
    assert [one.path.name for one in backups_in(system.folder)] == made[::-1]
    for words in (("create", "--with-secrets"), ("create", "--encrypt", "--key-file", system.folder / "none")):
        refused = [run(system, *words, *how, code=1).splitlines()[-1] for how in ([], ["--dry-run"])]
        assert refused[0] == refused[1]


def test_only_who_removes_a_backup_at_a_terminal_is_asked(make_system: Callable[..., System],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers a timer, whose backup never waits; nor does one where the keep-rule removes none."""
    system = make_system()
    monkeypatch.setattr("cli.backup.is_at_a_terminal", lambda: True)
    for words in (("--keep", "9d"), ()):
        assert "Go on?" not in run(system, "create", *words)
    there = backups_in(system.folder)
    assert "Go on?" in run(system, "create", "--keep", "1d", code=1)
    assert backups_in(system.folder) == there
    monkeypatch.setattr("cli.backup.is_at_a_terminal", lambda: False)
    assert told(system, "create", "--keep", "1d")["removed"] == len(there)


@pytest.mark.parametrize("words", [("create", "--encrypt"), ("create", "--key-file", "key"), ("create", "--keep", "7"),
                                   ("restore",)])
def test_wrong_usage_is_told_before_anything_is_done(make_system: Callable[..., System],
                                                      words: tuple[str, ...]) -> None:
    system = make_system()
    run(system, *words, code=2)
    assert backups_in(system.folder) == []


def test_what_is_refused_is_a_sentence(make_system: Callable[..., System], tmp_path: Path) -> None:
    system = make_system()
    letter = tmp_path / "letter"
    letter.write_text("Dear Sir or Madam")
    for words in (("verify", letter), ("show", letter), ("restore", letter, "--yes", "--replace")):
        said = run(system, *words, code=1)
        assert said.splitlines()[-1].startswith("Error: ")
        assert "Traceback" not in said
