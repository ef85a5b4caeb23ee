"""kill -9 of `flask upgrade`: the database stands where it stood, or at the newest migration, and never between.

Twice on each database; in `make long` 20 times, with 1 GiB of rows that the migration changes."""
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import create_engine, delete, func, inspect, select, text

from app.data.entity import db
from app.notify.models import MailMessage
from app.ops.migrations import present_migration
from app.settings import load_settings
from bench.ballast import fill_database
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.category_management.models import Category
from cli.demo_factories import category_values
from tests.clients import Callers
from tests.components import ROOT
from tests.migrations.waiting import add_migrations
from tests.passes import BALLAST_MIB, KILLS
from tests.testbed import Testbed

TABLES = 12
UP = """import sys
for number in range({first}, {behind}):
    op.create_table("made_%d" % number, sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE marketplace_category SET title = 'step %d'" % number)
    op.execute("UPDATE mail_message SET subject = 'moved' WHERE id LIKE '%%%x'" % number)
    print("step", number, file=sys.stderr, flush=True)"""
DOWN = f"""for number in range({TABLES}):
        op.execute("DROP TABLE IF EXISTS made_%d" % number)
    op.execute("UPDATE marketplace_category SET title = 'Shelf'")
    op.execute("UPDATE mail_message SET subject = 'benchmark' WHERE subject = 'moved'")"""
UPGRADE = """import sys
from app.factory import create_app
from cli.upgrade import upgrade
app = create_app()
app.extensions["migrate"].directory = sys.argv[1]
with app.app_context():
    upgrade(["--yes", "--without-backup"])"""


def _upgrade(testbed: Testbed, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", UPGRADE, str(folder)], cwd=ROOT, text=True,
                            env=os.environ | testbed.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _killed(upgrade: subprocess.Popen[str], step: int) -> None:
    """Kill it in the midst of what it does behind this step: at any moment of the time that the former ones took."""
    assert upgrade.stderr is not None
    began, instants = time.monotonic(), [0.0]
    for line in upgrade.stderr:
        if line.startswith("step "):
            instants.append(time.monotonic() - began)
        if line.startswith(f"step {step}\n"):
            break
    longest = max(later - earlier for earlier, later in pairwise(instants[1:])) if step else 0
    with suppress(subprocess.TimeoutExpired):
        upgrade.wait(random.uniform(0, longest))
    upgrade.send_signal(signal.SIGKILL)
    upgrade.stderr.close()
    sys.stderr.write(f"killed behind step {step}, after {time.monotonic() - began:.1f} s: {upgrade.wait()}\n")


def _made() -> set[str]:
    return {name for name in inspect(db.engine).get_table_names() if name.startswith("made_")}


def _moved() -> int:
    with db.engine.connect() as connection:
        return connection.scalar(select(func.count()).where(MailMessage.subject == "moved")) or 0


def _take_ballast_away() -> None:
    engine = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")  # not ours, which begins transactions itself
    with engine.connect() as connection:
        connection.execute(delete(MailMessage))
        connection.execute(text("VACUUM"))
    engine.dispose()


def _titles() -> set[str | None]:
    with db.engine.connect() as connection:
        return set(connection.scalars(select(Category.title)))


@pytest.mark.both("each database takes back what was done to tables in a way of its own")
@pytest.mark.slow
def test_an_upgrade_that_is_killed_leaves_the_database_as_it_was(
        app: Flask, callers: Callers, testbed: Testbed, tmp_path: Path) -> None:
    if BALLAST_MIB:
        fill_database(load_settings(testbed.environment), BALLAST_MIB)
    create_category(callers.admin().actor, **category_values(title="Shelf"))
    before = present_migration(db.engine)
    folder = add_migrations(tmp_path, UP.format(first=0, behind=TABLES // 2),
                            UP.format(first=TABLES // 2, behind=TABLES), down=DOWN)
    try:
        for _ in range(KILLS):
            testbed.close_connections()
            _killed(_upgrade(testbed, folder), random.randrange(TABLES))
            if present_migration(db.engine) == before:
                assert (_made(), _titles(), _moved()) == (set(), {"Shelf"}, 0)
            else:  # death came too late: the next one is not to find that nothing waits
                assert (present_migration(db.engine), len(_made())) == ("x002", TABLES)
                downgrade(directory=str(folder), revision=str(before))
        testbed.close_connections()
        last = _upgrade(testbed, folder)
        _, said = last.communicate()
        assert last.returncode == 0, said
        assert (present_migration(db.engine), len(_made()), _titles()) == ("x002", TABLES, {f"step {TABLES - 1}"})
    finally:
        downgrade(directory=str(folder), revision=str(before))
        if BALLAST_MIB:
            _take_ballast_away()
