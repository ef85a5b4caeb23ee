"""Builds the service of docs/new-service.md in a process of its own, where its table disturbs nobody; runs its test.

Called with the folder that holds the files of the page; the environment names the database and Redis."""
import runpy
import sys
from inspect import signature
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask

import blueprints.marketplace
from app.data.entity import db
from app.factory import SERVICES, create_app
from app.settings import load_settings
from cli.prepare import prepare_system
from tests.clients import ApiClient, Callers
from tests.flow import sent


def main(folder: Path) -> None:
    """Build, migrate, and run every test of the page; prints their names."""
    blueprints.marketplace.__path__.append(str(folder / "blueprints/marketplace"))
    from blueprints.marketplace.pickup_point.service import SERVICE

    app = create_app(load_settings(), [*SERVICES, SERVICE])
    with app.app_context():
        prepare_system()
        upgrade(runpy.run_path(str(folder / "migrations/versions/pickup_points.py")))
        run(app, runpy.run_path(str(folder / "tests/marketplace/pickup_point/test_pickup_points.py")))


def upgrade(migration: dict[str, Any]) -> None:
    with db.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration["upgrade"]()
        migration["downgrade"]()
        migration["upgrade"]()


def run(app: Flask, tests: dict[str, Any]) -> None:
    fixtures = {"client": ApiClient(app), "as_user": Callers(app).user, "sent": sent}
    for name, test in tests.items():
        if name.startswith("test_"):
            test(**{wanted: fixtures[wanted] for wanted in signature(test).parameters})
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
