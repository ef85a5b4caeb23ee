"""Whose the instance folder is, and who makes one: what reads never does; a file of another user's is found."""
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import FlaskGroup

import cli
from app.data.connections import open_engine
from app.home import claim_home, find_home
from app.ops import checks, ownership
from app.ops.ownership import environment_file_faults, ill_owned
from app.settings import SettingsError, load_settings
from cli import COMMANDS, PREPARING
from cli.backup import backup
from tests.components import ROOT

STRANGER = pwd.getpwnam("daemon")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")


def _refusal(command: str, monkeypatch: pytest.MonkeyPatch, home: Path, **environment: str) -> str:
    """Return why the application is not even made for a command of ours."""
    for name, value in {"GUILDHALL_HOME": str(home), "DATABASE_URL": "", "REDIS_URL": "", **environment}.items():
        monkeypatch.setenv(name, value)
    context = click.Context(FlaskGroup("flask"), info_name="flask")
    for word in command.split():
        context = click.Context(click.Command(word), info_name=word, parent=context)
    with context, pytest.raises(click.ClickException) as refused:
        cli._whole_system()
    return refused.value.message


def test_doctor_without_the_environment_file_makes_and_judges_no_demo_database(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GUILDHALL", "DATABASE"))}
    told = subprocess.run([sys.executable, "-m", "flask", "doctor"], cwd=tmp_path, capture_output=True, text=True,
                          env=environment | {"FLASK_APP": str(ROOT / "wsgi.py")}, check=False)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("Error: nothing is prepared: GUILDHALL_HOME=")
    assert "`guildhall …`" in told.stderr
    assert "Traceback" not in told.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [*sorted(set(COMMANDS) - {word.split()[0] for word in PREPARING}), "db current",
                                     "routes", "shell"])
def test_no_command_but_those_that_prepare_makes_a_home(command: str, tmp_path: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    assert str(home) in _refusal(command, monkeypatch, home)
    assert not home.exists()
    home.mkdir()
    assert "guildhall.db does not exist" in _refusal(command, monkeypatch, home)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("command", ["routes", "shell"])
def test_flasks_own_commands_refuse_a_home_that_is_not_there(command: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GUILDHALL", "DATABASE"))}
    told = subprocess.run([sys.executable, "-m", "flask", command], cwd=tmp_path, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, env=environment | {
                              "FLASK_APP": str(ROOT / "wsgi.py"), "GUILDHALL_HOME": str(tmp_path / "home")})
    assert told.returncode != 0
    assert f"Error: nothing is prepared: GUILDHALL_HOME={tmp_path / 'home'}" in told.stderr
    assert "Traceback" not in told.stderr
    assert list(tmp_path.iterdir()) == []


def _backup(home: Path, *words: str) -> Result:
    """Run `flask backup`, which makes no application, in the home."""
    environment = {"GUILDHALL_HOME": str(home), "DATABASE_URL": "", "REDIS_URL": "", "BACKUP_FOLDER": ""}
    return CliRunner().invoke(backup, words, env=environment)


@pytest.mark.parametrize("command", ["create", "list", "go-live --yes"])
def test_no_backup_command_but_restore_makes_a_home(command: str, tmp_path: Path) -> None:
    file, home = tmp_path / "backup.tar", tmp_path / "home"
    file.write_bytes(b"")
    for said in (f"GUILDHALL_HOME={home}, and {home} does not exist", "guildhall.db does not exist"):
        refused = _backup(home, *command.format(file=file).split())
        assert (refused.exit_code, said in refused.output) == (1, True), refused.output
        assert [*home.glob("*")] == []
        home.mkdir(exist_ok=True)


@pytest.mark.parametrize("command", ["show", "verify", "restore --yes", "restore --dry-run"])
def test_what_reads_a_backup_leaves_no_home_behind(command: str, tmp_path: Path) -> None:
    file, home = tmp_path / "backup.tar", tmp_path / "above" / "home"
    file.write_bytes(b"")
    refused = _backup(home, *command.split(), str(file))
    assert (refused.exit_code, "no backup" in refused.output) == (1, True), refused.output
    assert not home.parent.exists()


@as_root
@pytest.mark.parametrize("command", ["create", "list", "verify {file}", "restore {file} --yes --replace",
                                     "go-live --yes"])
def test_no_backup_command_of_root_touches_a_home_that_is_the_services(command: str, tmp_path: Path) -> None:
    file, home = tmp_path / "backup.tar", tmp_path / "home"
    file.write_bytes(b"")
    home.mkdir()
    os.chown(home, STRANGER.pw_uid, STRANGER.pw_gid)
    refused = _backup(home, *command.format(file=file).split())
    assert (refused.exit_code, "belongs to daemon, and this is root" in refused.output) == (1, True), refused.output
    assert list(home.iterdir()) == []


def test_a_home_on_postgresql_needs_no_database_file(tmp_path: Path) -> None:
    find_home(load_settings({"GUILDHALL_HOME": str(tmp_path), "DATABASE_URL": "postgresql://h/g"}))


@as_root
def test_root_is_refused_a_home_that_is_the_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, STRANGER.pw_uid, STRANGER.pw_gid)
    said = f"GUILDHALL_HOME={home} belongs to daemon, and this is root: run it as daemon"
    for command in ("doctor", "prepare"):
        assert _refusal(command, monkeypatch, home).startswith(said)
    with pytest.raises(SettingsError, match="in place of `flask …`"):  # gunicorn and `flask serve`
        claim_home(load_settings({"GUILDHALL_HOME": str(home)}))
    assert list(home.iterdir()) == []


def test_everything_under_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    settings = load_settings({"GUILDHALL_HOME": str(tmp_path / "home")})
    (settings.home / "media").mkdir(parents=True)
    settings.home.chmod(0o700)
    (settings.home / "media").chmod(0o700)
    (settings.home / "media" / "link").symlink_to("/etc/passwd")
    assert ill_owned(settings) == ([], [])


@as_root
@pytest.mark.parametrize("stored", ["media/ab/picture", "organization/tenants/acme.db", "guildhall.db", "valkey.sock"])
def test_doctor_finds_what_root_left_for_a_service_that_cannot_write_it(
        stored: str, make_app: Callable[..., Flask], tmp_path: Path) -> None:
    file = tmp_path / "home" / stored
    file.parent.mkdir(parents=True)
    file.touch()
    os.chown(file, STRANGER.pw_uid, STRANGER.pw_gid)
    with make_app(GUILDHALL_HOME=str(tmp_path / "home")).app_context():
        state, says = checks.CHECKS["owners and modes"]()
    assert state == checks.FAIL
    assert f"{file} (daemon)" in says
    assert f"chown -R root: {tmp_path / 'home'}" in says


def test_what_is_in_a_folder_that_may_be_listed_and_not_entered_is_left_out(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, look = load_settings({"GUILDHALL_HOME": str(tmp_path / "home")}), os.lstat
    settings.home.mkdir()
    closed = settings.home / "closed"
    closed.touch()

    def refused(path: str) -> os.stat_result:
        if path == str(closed):
            raise PermissionError(path)
        return look(path)

    monkeypatch.setattr(ownership.os, "lstat", refused)
    assert [path for path, _ in ownership.stored_files(settings)] == [str(settings.home)]


def test_a_folder_that_may_not_be_listed_is_looked_at_itself(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings({"GUILDHALL_HOME": str(tmp_path / "home")})
    settings.home.mkdir()

    def refused(path: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(ownership.os, "scandir", refused)
    assert [path for path, _ in ownership.stored_files(settings)] == [str(settings.home)]


def test_a_database_of_another_user_is_refused_with_what_gives_it_back(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "guildhall.db"
    database.touch(mode=0o600)
    owner = pwd.getpwuid(database.stat().st_uid).pw_name
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER.pw_uid)
    settings = load_settings({"GUILDHALL_HOME": str(tmp_path), "DATABASE_URL": f"sqlite:///{database}"})
    with pytest.raises(SettingsError, match=f"denied; it belongs to {owner}: as root, chown daemon: {database}"):
        open_engine(settings, "test")


@as_root
def test_a_database_outside_the_home_is_looked_at_with_its_journal(tmp_path: Path) -> None:
    home, database = tmp_path / "home", tmp_path / "elsewhere.db"
    home.mkdir(mode=0o700)
    for file in (database, database.with_name("elsewhere.db-wal")):
        file.touch(mode=0o600)
        os.chown(file, STRANGER.pw_uid, STRANGER.pw_gid)
    settings = load_settings({"GUILDHALL_HOME": str(home), "DATABASE_URL": f"sqlite:///{database}"})
    assert ill_owned(settings) == ([f"{database} (daemon)", f"{database}-wal (daemon)"], [])


def test_backups_outside_the_home_are_looked_at_and_nothing_else_that_lies_there(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    settings = load_settings({"GUILDHALL_HOME": str(tmp_path / "home"), "BACKUP_FOLDER": str(folder)})
    assert ill_owned(settings) == ([], [])
    backup, other = folder / "guildhall-20261129T021500Z.tar", folder / "photos.tar"
    for file in (backup, other):
        file.touch(0o644)
        file.chmod(0o644)
    assert ill_owned(settings) == ([], [f"{backup} (0644)"])


def test_doctor_warns_of_what_others_may_read(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    home = tmp_path / "home"
    with make_app(GUILDHALL_HOME=str(home)).app_context():
        (home / "export.csv").touch()
        (home / "export.csv").chmod(0o644)
        state, says = checks.CHECKS["owners and modes"]()
    assert (state, "export.csv (0644)" in says) == (checks.WARN, True)


@pytest.mark.parametrize(("mode", "wanted"), [
    (0o600, ""), (0o640, ""), (0o400, ""), (0o644, "chmod 0640"), (0o660, "chmod 0640"), (0o604, "chmod 0640")])
def test_the_environment_file_is_closed_to_others(tmp_path: Path, mode: int, wanted: str) -> None:
    file = tmp_path / "guildhall.env"
    file.touch()
    file.chmod(mode)
    assert [wanted in fault for fault in environment_file_faults(file)] == ([True] if wanted else [])


@as_root
def test_the_environment_file_is_roots_or_the_services(tmp_path: Path) -> None:
    file = tmp_path / "guildhall.env"
    file.touch()
    file.chmod(0o640)
    os.chown(file, STRANGER.pw_uid, STRANGER.pw_gid)
    owner, group = environment_file_faults(file)
    assert "belongs to daemon" in owner
    assert "the group daemon reads" in group
