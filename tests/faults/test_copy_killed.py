"""kill -9 of `flask db copy`: the source is whole, and the target is refused until a later copy has made it whole."""
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.data.entity import Base, db
from app.ops.database_copy import is_unfinished_copy
from app.ops.migrations import migrate_application
from app.settings import SettingsError
from blueprints.marketplace.category_management.commands import create_category
from cli.demo_factories import category_values
from tests.clients import Callers
from tests.components import ROOT
from tests.passes import LONG
from tests.testbed import Testbed

KILLS = 20 if LONG else 2
STEPS = 2 * len(Base.metadata.tables)
"""A line for each table that is copied, and one for each that is compared."""


def _copy(testbed: Testbed, target: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "flask", "db", "copy", "--to", target, "--yes"], cwd=ROOT,
                            env=os.environ | testbed.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            text=True)


def _killed(copy: subprocess.Popen[str], step: int) -> None:
    """kill -9 when it says so many steps; one that has fewer ends by itself."""
    assert copy.stderr is not None
    for _ in zip(range(step), copy.stderr, strict=False):
        pass
    copy.send_signal(signal.SIGKILL)
    copy.stderr.close()
    copy.wait()


def _rows() -> dict[str, list[tuple[object, ...]]]:
    with db.engine.connect() as connection:
        return {name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for name, table in Base.metadata.tables.items()}


@pytest.mark.slow
def test_a_copy_that_is_killed_leaves_the_source_whole_and_the_target_refused(
        app: Flask, callers: Callers, testbed: Testbed, tmp_path: Path) -> None:
    for name in ("ben", "cleo"):
        callers.user(name)
    for number in range(20):
        create_category(callers.admin().actor, **category_values(title=f"Shelf {number}"))
    before = _rows()
    (tmp_path / "to").mkdir()
    target = f"sqlite:///{tmp_path}/to/guildhall.db"
    there = testbed.another_app(DATABASE_URL=target)
    for _ in range(KILLS):
        testbed.close_connections()
        _killed(_copy(testbed, target), random.randrange(1, STEPS))
        assert _rows() == before
        with there.app_context():
            if is_unfinished_copy(db.engine):
                with pytest.raises(SettingsError, match="not whole"):
                    migrate_application()
            db.engine.dispose()
    testbed.close_connections()
    last = _copy(testbed, target)
    _, said = last.communicate()
    assert last.returncode == 0 or "the target is not empty" in said, said
    with there.app_context():
        migrate_application()
        assert _rows() == before
