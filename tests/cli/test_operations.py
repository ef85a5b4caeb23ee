"""What an operator types: settings, doctor, events, jobs, demo; refusals first, then what they do."""
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import insert

from app.actor import system_actor
from app.clock import now
from app.data.columns import iso
from app.data.unit_of_work import unit_of_work
from app.events.event_delivery import PARKED, EventDelivery
from app.factory import create_app
from app.jobs import schedule
from app.settings import SettingsError, load_settings
from blueprints.marketplace.category_management.commands import create_category
from cli import COMMANDS, load_command
from tests.components import ROOT, free_port

FlaskCommand = Callable[..., Result]
Run = Callable[..., subprocess.CompletedProcess[str]]
SUBSCRIBER = "notifications.mail"


@pytest.fixture
def flask(app: Flask) -> FlaskCommand:
    """Call it like the flask command: flask("events", "status", "--json")."""
    def invoke(name: str, *arguments: str, **options: Any) -> Result:
        system = ScriptInfo(create_app=lambda: app)
        return CliRunner().invoke(load_command(name), list(arguments), obj=system, **options)
    return invoke


@pytest.fixture
def run(kept_flask: list[str]) -> Run:
    """Call it with the words after `flask` and the environment: a process of its own runs them."""
    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*kept_flask, *words], cwd=ROOT, capture_output=True, text=True,
                              env=os.environ | environment, check=False)
    return run


def _park_a_delivery() -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(insert(EventDelivery).values(record_id=1, topic="gone", subscriber=SUBSCRIBER, status=PARKED,
                                                  attempts=8, next_attempt_at=now(), last_error="SMTPError: no"))
        work.commit()


@pytest.mark.parametrize(("name", "value"), [
    ("PORT", "0"), ("PORT", "99999"), ("DATABASE_URL", "garbage"), ("DATABASE_URL", "mysql://x:hidden@y/z"),
    ("DATABASE_URL", "postgresql://x:hidden@y:port/z"), ("REDIS_URL", "garbage"), ("REDIS_URL", "http://x:hidden@y"),
    ("CLOCK_OFFSET", "inf"), ("CLOCK_OFFSET", "1e300"), ("STRIPE_TIMEOUT_SECONDS", "nan"),
    ("STRIPE_TIMEOUT_SECONDS", "0"), ("PUBLIC_URL", "foo"), ("PUBLIC_URL", "http://"), ("SMTP_URL", "nonsense"),
    ("SMTP_URL", "smtp://x:hidden@y:99999"), ("DATABASE", "mysql://x:hidden@y"), ("AWS_ENDPOINT_URL", "y:4566"),
    ("OFFER_HOURS", "2000000000"), ("TRUSTED_PROXIES", "-1"), ("LOG_LEVEL", "LOUD"),
    ("GUILDHALL_HOME", "~no-such-user/guildhall"), ("SUPERADMIN_EMAIL", "boss"),
])
def test_a_value_outside_a_settings_form_is_named_and_no_password_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}\\b") as refused:
        load_settings({name: value})
    assert "hidden" not in str(refused.value)


def test_the_stand_in_for_stripe_has_a_port_however_high_ours_is() -> None:
    assert load_settings({"PORT": "8000"}).stripe_api_base == "http://127.0.0.1:8420"
    assert load_settings({"PORT": "65535"}).stripe_api_base == "http://127.0.0.1:65115"


def test_a_taken_port_of_the_stand_in_for_stripe_is_a_sentence(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("serve", GUILDHALL_HOME=str(tmp_path), STRIPE_API_BASE=f"http://127.0.0.1:{port}",
                       PORT=str(free_port()))
    assert refused.returncode == 1
    assert f"port {port}, for the stand-in for Stripe, is taken" in refused.stderr


def test_what_the_system_stores_is_its_owners_alone(tmp_path: Path) -> None:
    create_app(load_settings({"GUILDHALL_HOME": str(tmp_path / "home")}))
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "home" / "guildhall.db").stat().st_mode) == 0o600


def readable_by_others(home: Path) -> list[str]:
    """Return what in an instance folder not its owner alone can read; a socket is guarded by its folder."""
    return sorted(str(path.relative_to(home)) for path in (home, *home.rglob("*"))
                  if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077)


@pytest.mark.once("databases of its own")
def test_what_the_commands_store_is_their_owners_alone(run: Run, tmp_path: Path) -> None:
    home, former = tmp_path / "home", os.umask(0o022)
    try:
        for command in ("prepare", "organization tenant add acme --yes", "index rebuild --yes"):
            done = run(*command.split(), GUILDHALL_HOME=str(home), GUILDHALL_ENV="demo", REDIS_URL="", DATABASE_URL="")
            assert done.returncode == 0, done.stderr
    finally:
        os.umask(former)
    assert {"guildhall.db", "catalog.db", "acme.db"} <= {path.name for path in home.rglob("*")}
    assert readable_by_others(home) == []


def test_a_database_file_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    settings = load_settings({"GUILDHALL_HOME": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/none/x.db"})
    with pytest.raises(SettingsError, match="DATABASE_URL: "):
        create_app(settings)


@pytest.mark.parametrize("home", ["a-file", "a-file/below"])
def test_an_instance_folder_that_cannot_be_made_is_a_sentence(run: Run, tmp_path: Path, home: str) -> None:
    (tmp_path / "a-file").touch()
    for command in (("serve",), ("users", "list")):
        refused = run(*command, GUILDHALL_HOME=str(tmp_path / home))
        assert refused.returncode == 1
        assert "GUILDHALL_HOME" in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("environment", "named"), [
    ({"PORT": "eighty"}, "PORT"),
    ({"TIME_ZONE": "Europe/Kyivv"}, "TIME_ZONE"),
    ({"TIME_ZONE": "UTC,market:Europe/Kyiv"}, "TIME_ZONE"),
    ({"TIME_ZONE": "Europe"}, "TIME_ZONE"),
    ({"GUILDHALL_ENV": "staging"}, "GUILDHALL_ENV"),
    ({"GUILDHALL_ENV": "production"}, "SECRET_KEY"),
    ({"GUILDHALL_ENV": "production", "RATELIMIT_ENABLED": "0"}, "RATELIMIT_ENABLED"),
])
def test_a_wrong_or_missing_setting_stops_the_start_with_a_sentence(
        run: Run, environment: dict[str, str], named: str) -> None:
    for command in ("settings", "serve"):
        refused = run(command, **environment)
        assert refused.returncode == 1
        assert named in refused.stderr
        assert "Traceback" not in refused.stderr


def test_settings_show_meaning_and_source_and_mask_secrets(run: Run) -> None:
    told = run("settings", "--json", PORT="8123", SUPERADMIN_PASSWORD="hunter-222",
                DATABASE_URL="postgresql://guildhall:pa55word@localhost/guildhall",
                REDIS_URL="redis://localhost:6379/0?db=1&password=pa55word")
    rows = {row["name"]: row for row in json.loads(told.stdout)}
    assert rows["PORT"] | {"meaning": ""} == {
        "name": "PORT", "value": "8123", "source": "environment", "meaning": "", "wrong": None}
    assert rows["LOG_LEVEL"]["source"] == "default"
    assert all(row["meaning"] for row in rows.values())
    assert "hunter-222" not in told.stdout
    assert "pa55word" not in told.stdout


def test_help_of_flask_and_of_each_group_answers_without_loading_the_system(run: Run) -> None:
    told = run("--help")
    assert set(COMMANDS) <= set(told.stdout.split())
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flask", "--help"], cwd=ROOT, capture_output=True, text=True,
        check=True).stderr
    assert "sqlalchemy" not in loaded
    assert "app.factory" not in loaded


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"db"}))
def test_every_command_has_help_with_an_example(flask: FlaskCommand, name: str) -> None:
    told = flask(name, "--help")
    assert told.exit_code == 0
    assert "Example" in told.output or "Commands:" in told.output


def test_doctor_fails_and_names_what_is_wrong(flask: FlaskCommand) -> None:
    _park_a_delivery()
    told = flask("doctor", "--json")
    findings = {row["check"]: row for row in json.loads(told.stdout)}
    assert told.exit_code == 1
    assert findings["deliveries"]["state"] == "fail"
    assert "flask events retry" in findings["deliveries"]["says"]
    assert findings["migrations"]["state"] == "ok"
    assert findings["redis"]["state"] == "ok"
    assert findings["worker"]["state"] == "fail"


def test_a_setting_that_is_gone_refuses_the_start() -> None:
    with pytest.raises(SettingsError, match=r"CACHE_VERSIONS is no setting any more: .*SINGLE_MACHINE"):
        load_settings({"CACHE_VERSIONS": "redis"})


@pytest.mark.parametrize(("changed", "are_shared"), [
    ({}, True), ({"SINGLE_MACHINE": "1"}, False), ({"REDIS_URL": ""}, False), ({"DATABASE_URL": ""}, False)])
def test_cache_versions_are_shared_where_several_machines_can_serve(
        changed: dict[str, str], are_shared: bool) -> None:
    settings = load_settings(
        {"DATABASE_URL": "postgresql://h/g", "REDIS_URL": "redis://h/0"} | changed)
    assert settings.shares_cache_versions is are_shared


def test_status_counts_what_waits_and_fails_when_something_is_parked(
        flask: FlaskCommand, settle: Callable[[], None]) -> None:
    settle()
    create_category(system_actor("marketplace"), title="Watches")
    told = flask("events", "status", "--json")
    assert told.exit_code == 0
    assert json.loads(told.stdout)["unpublished"] == 1
    _park_a_delivery()
    told = flask("events", "status", "--json")
    assert told.exit_code == 1
    (owed,) = json.loads(told.stdout)["subscribers"]
    assert (owed["subscriber"], owed["status"], owed["count"], owed["error"]) == (
        SUBSCRIBER, "parked", 1, "SMTPError: no")


def test_retry_owes_parked_deliveries_again_and_is_idempotent(flask: FlaskCommand) -> None:
    _park_a_delivery()
    dry = flask("events", "retry", "--dry-run", "--json")
    assert "dry run" in dry.stderr
    assert json.loads(dry.stdout) == {
        "changed": False, "would": f"1 parked deliveries of {SUBSCRIBER} are tried again"}
    assert json.loads(flask("events", "status", "--json").stdout)["parked"] == 1
    assert json.loads(flask("events", "retry", SUBSCRIBER, "--yes", "--json").stdout) == {"retried": 1}
    assert json.loads(flask("events", "retry", "--yes", "--json").stdout) == {"retried": 0}


def test_retry_of_an_unknown_subscriber_is_wrong_usage_and_names_the_one_that_was_meant(flask: FlaskCommand) -> None:
    told = flask("events", "retry", "search_indexing.refesh", "--yes")
    assert (told.exit_code, "Did you mean search_indexing.refresh?" in told.stderr) == (2, True)
    assert flask("events", "retry", "search_indexing.refresh", "--yes").exit_code == 0


def test_replay_of_an_unknown_subscriber_is_wrong_usage(flask: FlaskCommand) -> None:
    told = flask("events", "replay", "nobody", "--yes")
    assert told.exit_code == 2
    assert "no subscriber is called nobody" in told.stderr


def test_a_no_changes_nothing(flask: FlaskCommand) -> None:
    _park_a_delivery()
    assert flask("events", "retry", input="n\n").exit_code == 1
    assert json.loads(flask("events", "status", "--json").stdout)["parked"] == 1


def test_an_unknown_job_is_wrong_usage_and_names_the_known_ones(flask: FlaskCommand) -> None:
    told = flask("jobs", "run", "nothing", "--yes")
    assert told.exit_code == 2
    assert "close-auctions" in told.stderr


def test_a_job_run_by_hand_is_recorded(flask: FlaskCommand) -> None:
    assert flask("jobs", "run", "purge-events", "--yes", "--json").exit_code == 0
    rows = {row["name"]: row for row in json.loads(flask("jobs", "list", "--json").stdout)}
    assert rows["purge-events"]["status"] == "ok"


def test_a_job_that_fails_says_so_and_is_recorded(flask: FlaskCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> object:
        raise RuntimeError("no disk")

    monkeypatch.setitem(schedule.jobs(), "purge-events", replace(schedule.jobs()["purge-events"], run=fail))
    told = flask("jobs", "run", "purge-events", "--yes")
    assert told.exit_code == 1
    assert "no disk" in told.stderr
    rows = {row["name"]: row for row in json.loads(flask("jobs", "list", "--json").stdout)}
    assert rows["purge-events"]["status"] == "failed"


def test_the_demo_refuses_production(run: Run, tmp_path: Path) -> None:
    secret = "x" * 40
    (tmp_path / "guildhall.db").touch()
    told = run("demo", "seed", "--yes", GUILDHALL_ENV="production", SECRET_KEY=secret, SUPERADMIN_PASSWORD=secret,
                SUPERADMIN_EMAIL="boss@guildhall.example", STRIPE_SECRET_KEY="sk_live_x",
                STRIPE_WEBHOOK_SECRET="whsec_x", MAIL_TRANSPORT="smtp", SMTP_URL="smtp://localhost",
                PUBLIC_URL="https://guildhall.example", MAIL_FROM="post@guildhall.example",
                GUILDHALL_HOME=str(tmp_path))
    assert told.returncode == 1
    assert "refuses GUILDHALL_ENV=production" in told.stderr


def test_late_work_is_found(flask: FlaskCommand) -> None:
    due_at = now() - timedelta(hours=1)
    with unit_of_work(system_actor("marketplace")) as work:
        work.schedule("close-auction", "nobody", due_at)
        work.commit()
    findings = {row["check"]: row for row in json.loads(flask("doctor", "--json").stdout)}
    assert findings["due work"]["state"] == "fail"
    assert f"the oldest since {iso(due_at)}" in findings["due work"]["says"]
