"""What an operator reads when something outside our code is missing, away or refuses: a sentence and exit code 1."""
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import make_url

from app.factory import create_app
from app.settings import DEMO_SECRETS, load_settings
from cli import WITH_THE_WHOLE_SYSTEM, LazyCommand
from cli.application import terminal_application
from tests.components import free_port
from tests.testbed import Testbed

_SSL_REQUEST = 8


@pytest.fixture
def flask(testbed: Testbed, tmp_path: Path) -> Any:
    """Call it as flask("orders list", DATABASE_URL=…): as the flask command calls a group, in a home of its own."""
    def invoke(line: str, **changed: str) -> Result:
        environment = testbed.environment | {"GUILDHALL_HOME": str(tmp_path)} | changed
        make = create_app if line.split()[0] in WITH_THE_WHOLE_SYSTEM else terminal_application
        info = ScriptInfo(create_app=lambda: make(load_settings(environment)), set_debug_flag=False)
        return called(line, info)
    return invoke


def called(line: str, system: ScriptInfo) -> Result:
    """Return what becomes of a line behind `flask`, whose commands run in that system."""
    return CliRunner().invoke(click.Group(commands=[LazyCommand(line.split()[0], "", system)]), line.split())


def is_told(result: Result, sentence: str) -> bool:
    """Return whether a command was refused with the sentence, which is the last it says."""
    last = result.stderr.splitlines()[-1]
    return result.exit_code == 1 and last.startswith("Error: ") and sentence in last


@contextmanager
def a_server_that_refuses_passwords() -> Iterator[int]:
    """Answer as PostgreSQL does to a wrong password; yields the port."""
    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                if len(connection.recv(4096)) == _SSL_REQUEST:
                    connection.sendall(b"N")
                    connection.recv(4096)
                fields = b"SFATAL\0C28P01\0Mpassword authentication failed for user \"guildhall\"\0\0"
                connection.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=serve, args=(listening,), daemon=True)
        answering.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    answering.join()


@pytest.mark.parametrize("line", ["orders list", "users find anna", "jobs list", "moderate queue"])
def test_a_database_without_tables_is_told_to_be_prepared(flask: Any, testbed: Testbed, line: str) -> None:
    with testbed.fresh_database() as url:
        assert is_told(flask(line, DATABASE_URL=url), "the database is not prepared")


@pytest.mark.once("nobody answers there, whatever database it were")
def test_a_database_that_is_away_is_told(flask: Any) -> None:
    away = f"postgresql://guildhall:secret-word@127.0.0.1:{free_port()}/guildhall"
    told = flask("orders list", DATABASE_URL=away)
    assert is_told(told, "the database does not answer: see DATABASE_URL")
    assert "secret-word" not in told.output


@pytest.mark.once("the server is a stand-in")
def test_a_wrong_password_of_the_database_is_told(flask: Any) -> None:
    with a_server_that_refuses_passwords() as port:
        told = flask("orders list", DATABASE_URL=f"postgresql://guildhall:secret-word@127.0.0.1:{port}/guildhall")
    assert is_told(told, "the database refuses the user or the password of DATABASE_URL")
    assert "secret-word" not in told.output


@pytest.mark.postgresql
def test_a_database_that_the_server_does_not_have_is_told(flask: Any, postgresql_server: str) -> None:
    url = make_url(postgresql_server).set(database="no_such_database").render_as_string(hide_password=False)
    assert is_told(flask("orders list", DATABASE_URL=url), "the server has no such database or user")


@pytest.mark.once("a file of its own")
def test_a_database_file_that_is_none_is_told(flask: Any, tmp_path: Path) -> None:
    (tmp_path / "none.db").write_text("a letter to a friend, of some length, and surely no database")
    told = flask("orders list", DATABASE_URL=f"sqlite:///{tmp_path}/none.db")
    assert is_told(told, "the database file cannot be used")


@pytest.mark.once("Redis is asked first")
def test_a_redis_that_is_away_is_told(flask: Any, tmp_path: Path) -> None:
    told = flask("doctor --json", REDIS_URL=f"unix://{tmp_path}/none.sock")
    redis = next(row for row in json.loads(told.stdout) if row["check"] == "redis")
    assert (told.exit_code, redis["state"]) == (1, "fail")
    assert redis["says"].startswith("Redis does not answer: see REDIS_URL")


@pytest.mark.once("the folder of the index")
def test_a_folder_that_cannot_be_written_is_told(flask: Any, tmp_path: Path) -> None:
    (tmp_path / "search").write_text("where the indexes would be")
    assert is_told(flask("index rebuild --yes"), f"{tmp_path}/search")


@pytest.mark.once("the files are read first")
@pytest.mark.parametrize("line", ["prepare", "upgrade check", "organization schema list", "organization tenant show a"])
def test_a_schema_file_that_cannot_be_served_is_told(flask: Any, tmp_path: Path, line: str) -> None:
    file = tmp_path / "organization" / "schemas" / "organization" / "v2.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"properties": 3}')
    assert is_told(flask(line), f"{file}: a resource schema has properties and an $id")


@pytest.mark.once("no database is asked")
@pytest.mark.parametrize(("environment", "wrong"), [
    ({"PORT": "eighty"}, {"PORT"}), ({"BID_INCREMENTS": "much"}, {"BID_INCREMENTS"}),
    ({"GUILDHALL_ENV": "production"}, {"SECRET_KEY", "SUPERADMIN_PASSWORD", "STRIPE_SECRET_KEY"}),
])
def test_settings_show_the_whole_table_and_name_what_is_wrong_in_it(
        monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wrong: set[str]) -> None:
    for name in os.environ.keys() & {"GUILDHALL_ENV", *(name.upper() for name in DEMO_SECRETS)}:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    told = called("settings --json", ScriptInfo())
    rows = json.loads(told.stdout)
    assert told.exit_code == 1
    assert wrong <= {row["name"] for row in rows if row["wrong"]}
    assert all(row["wrong"] in told.stderr for row in rows if row["wrong"])
    assert "WRONG: " in called("settings", ScriptInfo()).stdout


@pytest.mark.once("no database is asked")
@pytest.mark.parametrize(("name", "place", "wrong"), [
    ("FCM_CREDENTIALS_FILE", "texts/key.json", "is no key file of a service account"),
    ("NOTICE_TEMPLATES", "texts", "1 texts cannot be used"),
    ("NOTICE_TEMPLATES", "nowhere", "nowhere is no folder that can be read"),
])
def test_settings_refuse_what_the_doctor_refuses(
        flask: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, place: str, wrong: str) -> None:
    (tmp_path / "texts" / "en").mkdir(parents=True)
    (tmp_path / "texts" / "key.json").write_text("{}")
    (tmp_path / "texts" / "en" / "WELCOME.txt").write_text("Welcome, {{ fulname }}!")
    monkeypatch.setenv(name, str(tmp_path / place))
    told = called("settings --json", ScriptInfo())
    assert [(row["name"], wrong in row["wrong"]) for row in json.loads(told.stdout) if row["wrong"]] == [(name, True)]
    assert is_told(told, f"{name}: ")
    doctor = flask("doctor --json", **{name: str(tmp_path / place)})
    assert (doctor.exit_code, f"{name}: " in doctor.output, wrong in doctor.output) == (1, True, True), doctor.output


@pytest.mark.once("no database is asked")
def test_settings_take_texts_that_can_be_filled_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "network" / "de").mkdir(parents=True)
    for name in ("WELCOME.txt", "POST_LIKED.txt", "DIGEST.txt"):
        (tmp_path / "network" / "de" / name).write_text("Guten Tag, {{ fullname }}!")
    monkeypatch.setenv("NOTICE_TEMPLATES", str(tmp_path))
    assert called("settings", ScriptInfo()).exit_code == 0
