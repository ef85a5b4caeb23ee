"""A command of the terminal imports what it needs: that is what makes it quick, and it is tested without a clock."""
import json
import os
import subprocess
import sys

import pytest

from cli import COMMANDS, WITH_THE_WHOLE_SYSTEM
from cli.parts import READERS
from tests.clients import Callers
from tests.components import ROOT
from tests.testbed import Testbed

# Each command runs in a fork of a process that has imported what starts it, and no more.
LISTED = """
import json, os, sys
from flask.cli import cli
for command in sys.argv[1:]:
    if os.fork() == 0:
        sys.stdout = open(os.devnull, "w")
        try:
            cli.main(command.split(), prog_name="flask")
        except SystemExit:
            pass
        entity = sys.modules.get("app.data.entity")
        tables = [] if entity is None else sorted(entity.Base.metadata.tables)
        os.write(1, json.dumps([command, sorted(sys.modules), tables]).encode() + b"\\n")
        os._exit(0)
    assert os.wait()[1] == 0, command
"""
FOR_SERVERS_ALONE = {"flask_smorest", "apispec", "webargs", "yaml", "app.mounting", "app.http.openapi",
                     "app.http.declaration", "app.http.realm_front"}
FOR_WHO_CALLS_IT = {"stripe", "PIL", "boto3", "alembic", "flask_migrate", "marshmallow", "jsonschema", "jwt",
                    "joserfc", "authlib", "prometheus_client", "redis", "rq", "whoosh"}
FOR_POSTGRESQL = {"sqlalchemy.dialects.postgresql", "psycopg"}
WHO_READS_ORDERS_AND_USERS = {"orders list", "orders find anna", "users find anna", "moderate record"}
WHO_WRITES_TOO = {"events list", "jobs list", "jobs show send-mail", "auth keys", "organization tenant list"}
"""These show the outbox itself, or make what they show when it is not there."""
FOR_WHO_WRITES = {"app.data.unit_of_work", "app.data.changes"}
OF_ANOTHER_REALM = {"blueprints.network.profile.models"}
LISTINGS = ("orders list", "orders find anna", "users list", "users find anna", "auctions list", "auctions find anna",
            "moderate queue", "moderate show 1", "moderate record", "payments list", "payments status", "notify list",
            "notify outbox", "notify find anna", "events list", "media list", "media find watch", "equipment list",
            "security log", "jobs list", "jobs show send-mail", "auth keys", "organization tenant list")

# To map a table and its columns takes 3 to 5 ms, and that is what a command takes beyond Flask and SQLAlchemy.
MOST_TABLES = {"orders list": 4, "moderate queue": 6, "payments status": 8, "status": 15, "index status": 38}
OF_ONE_USER = 8


def imported_by(testbed: Testbed, *commands: str) -> dict[str, set[str]]:
    """Return command → the modules that its process has imported at its end."""
    return {command: modules for command, (modules, _) in loaded_by(testbed, *commands).items()}


def loaded_by(testbed: Testbed, *commands: str) -> dict[str, tuple[set[str], list[str]]]:
    """Return command → the modules that its process has imported at its end, and the tables it has mapped."""
    ran = subprocess.run([sys.executable, "-c", LISTED, *commands], cwd=ROOT, capture_output=True, text=True,
                         check=False, env=os.environ | testbed.environment)
    assert ran.returncode == 0, ran.stderr
    found = {command: (set(modules), tables) for command, modules, tables in map(json.loads, ran.stdout.splitlines())}
    assert [*found] == [*commands]
    return found


@pytest.mark.once("what is imported depends on no database")
@pytest.mark.slow
@pytest.mark.usefixtures("app")  # on an empty house: what another test left may want more to be shown
def test_a_listing_imports_no_service_as_a_whole_and_no_library_that_it_does_not_call(testbed: Testbed) -> None:
    for command, loaded in imported_by(testbed, *LISTINGS, "index status").items():
        calls = {"whoosh"} if command == "index status" else set()
        assert loaded & (FOR_SERVERS_ALONE | FOR_WHO_CALLS_IT) <= calls, command
        # The organization's tables are declared for both; these of ours only where they are (cli/application.py).
        assert command.startswith("organization") or loaded & FOR_POSTGRESQL == set(), command
        assert command == "index status" or loaded & OF_ANOTHER_REALM == set(), command
        assert command in WHO_WRITES_TOO or loaded & FOR_WHO_WRITES == set(), command
        assert (command not in WHO_READS_ORDERS_AND_USERS
                or loaded & {"app.payments.records", "app.identity.sessions"} == set()), command
        assert [name for name in loaded
                if name.startswith("blueprints.") and name.endswith((".routes", ".service"))] == [], command
        assert "app.factory" not in loaded, command


@pytest.mark.once("what is mapped depends on no database")
def test_a_command_maps_the_tables_it_reads(testbed: Testbed, callers: Callers) -> None:
    most = {**MOST_TABLES, f"users show {callers.user('ben').email}": OF_ONE_USER}
    mapped = {command: tables for command, (_, tables) in loaded_by(testbed, *most).items()}
    assert {command: tables for command, tables in mapped.items() if len(tables) > most[command]} == {}


@pytest.mark.once("how a process ends depends on no database")
def test_what_a_command_has_imported_is_not_walked_once_more_at_its_end(testbed: Testbed) -> None:
    tells = ("import atexit, gc; from flask.cli import main; atexit.register(lambda: print(gc.get_freeze_count()));"
             "main()")
    ran = subprocess.run([sys.executable, "-c", tells, "settings"], cwd=ROOT, capture_output=True, text=True,
                         check=True, env=os.environ | testbed.environment)
    assert int(ran.stdout.splitlines()[-1]) > 0


@pytest.mark.once("what is imported depends on no database")
def test_what_all_services_bring_is_brought_without_their_routes_or_the_organizations_store(testbed: Testbed) -> None:
    brings = ("import sys; from app.runtime import runtime_of; from app.settings import load_settings\n"
              "from cli.application import terminal_application\n"
              "app = terminal_application(load_settings())\n"
              "with app.app_context(): runtime_of(app).complete()\n"
              "print(*sys.modules)")
    ran = subprocess.run([sys.executable, "-c", brings], cwd=ROOT, capture_output=True, text=True, check=True,
                         env=os.environ | testbed.environment)
    loaded = set(ran.stdout.split())
    assert "app.factory" in loaded
    assert loaded & FOR_SERVERS_ALONE == set()
    assert "blueprints.organization.wiring" not in loaded


@pytest.mark.once("what is imported depends on no database")
@pytest.mark.parametrize("realm", READERS)
def test_a_thing_is_read_without_its_service_as_a_whole(realm: str) -> None:
    reads = ("import sys; from cli.parts import READERS, kind_to_read\n"
             f"for one in READERS[{realm!r}]: assert kind_to_read({realm!r}, one)\n"
             "print(*sys.modules)")
    loaded = subprocess.run([sys.executable, "-c", reads], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.split()
    assert [name for name in loaded if name == "app.factory" or name.endswith((".routes", ".service"))] == []


@pytest.mark.once("what is imported depends on no database")
@pytest.mark.usefixtures("app")  # without a worker that another test has called: to show that one, RQ is loaded
def test_status_asks_no_more_of_the_services_than_their_queues_and_jobs(testbed: Testbed) -> None:
    [loaded] = imported_by(testbed, "status").values()
    assert loaded & (FOR_SERVERS_ALONE | FOR_WHO_CALLS_IT) <= {"redis"}
    assert loaded & {"app.factory", "app.data.unit_of_work", "app.data.visibility", "app.data.person_rows",
                     "app.ops.mends"} == set()


@pytest.mark.once("what is imported depends on no database")
def test_the_settings_are_shown_without_a_database(testbed: Testbed) -> None:
    assert imported_by(testbed, "settings")["settings"] & {"sqlalchemy", "redis", "app.factory"} == set()


@pytest.mark.once("what is imported depends on no database")
def test_the_help_of_a_group_imports_no_database_unless_it_migrates_seeds_or_serves(testbed: Testbed) -> None:
    helps = (f"{name} --help" for name in COMMANDS if name not in WITH_THE_WHOLE_SYSTEM | {"demo"})
    for command, loaded in imported_by(testbed, *helps, "users find --help", "jobs run --help").items():
        assert loaded & {"sqlalchemy", "redis", "flask_sqlalchemy"} == set(), command
