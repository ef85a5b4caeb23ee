"""A demo that is copied to PostgreSQL and back: the README's tour goes on there with the old logins."""
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.data.entity import db
from cli import db as terminal
from tests.app.ops.backup.system import System
from tests.journeys.begun_tour import END, ORDER, SECOND_BIDDER, failures, tour_of
from tests.journeys.conftest import PASSWORD


def _copied(source: System, target: System) -> None:
    """Copy by the command; afterwards the doctor is content with both."""
    with source.app() as app:
        db.engine.dispose()
        done = app.test_cli_runner().invoke(terminal.db, ["copy", "--to", "-", "--yes", "--json"],
                                            input=target.settings.database_url)
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    said = json.loads(done.stdout)
    assert (said["complete"], {table["compared"] for table in said["tables"]}) == (True, {"equal"})
    for place in (source, target):
        with place.app() as app:
            assert failures(app) == {}


def _in_folder(system: System, home: Path) -> System:
    """Return the place of a copy back: files in a folder of its own, with what docs/moving.md says to copy there."""
    home.mkdir()
    for name in ("media", "organization/schemas"):
        if (there := system.settings.home / name).exists():
            shutil.copytree(there, home / name)
    changed = {"GUILDHALL_HOME": str(home), "DATABASE_URL": "", "DATABASE": ""}
    return replace(system, environment=system.environment | changed, server_url="")


@pytest.mark.postgresql
@pytest.mark.slow
def test_the_tour_goes_on_on_postgresql_and_ends_back_on_sqlite(
        sqlite_demo: System, postgresql_demo: System, tmp_path: Path) -> None:
    with tour_of(sqlite_demo) as tour:
        with sqlite_demo.app() as app:
            tour.begin(app, until=SECOND_BIDDER)
        _copied(sqlite_demo, postgresql_demo)
        tour.lead_to(postgresql_demo)
        with postgresql_demo.app() as app:
            tour.go_on(app, until=ORDER)
            tour.log_in_again(app)
        back = _in_folder(postgresql_demo, tmp_path / "back")
        _copied(postgresql_demo, back)
        tour.lead_to(back)
        with back.app() as app:
            tour.go_on(app, until=END)
            tour.log_in_again(app)
