"""How many rows a second each kind of work of a migration takes: what app/ops/upgrade_plan.py estimates by."""

import time
from collections.abc import Callable

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app.ops.upgrade_plan import CHANGE, INDEX, REWRITE, ROWS_A_SECOND, SCAN
from app.settings import load_settings
from bench.guildhall import Guildhall
from bench.report import Section, at_least

ROWS, RUNS = 200_000, 3
TABLE = "product_listing_product"


def _rewrite(op: Operations) -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.alter_column("bid_count", type_=sa.BigInteger())


WORK: dict[str, Callable[[Operations], None]] = {
    REWRITE: _rewrite,
    SCAN: lambda op: op.create_check_constraint("ck_bench", TABLE, "bid_count >= 0"),
    INDEX: lambda op: op.create_index("ix_bench", TABLE, ["folded_title", "created_at"]),
    CHANGE: lambda op: op.execute(f"UPDATE {TABLE} SET shipping = shipping + 1"),
}


def measure(hall: Guildhall, rows: int) -> Section:
    """Do each work on a table of listings, a wide one with many indexes, and take it back."""
    section = Section(f"Migrations of {rows:,} listings on {hall.database}",
                      ("work", f"rows a second, the slowest of {RUNS}", "the median", "estimated by"))  # fmt: skip
    engine = sa.create_engine(load_settings(hall.environment).database_url)
    try:
        for work, estimated in ROWS_A_SECOND[engine.dialect.name].items():
            slowest, median, _ = sorted(rows / _seconds(engine, WORK[work]) for _ in range(RUNS))
            section.rows.append((work, f"{slowest:,.0f}", f"{median:,.0f}", f"{estimated:,}"))
            section.goals.append(at_least(f"{work} on {hall.database}", estimated, median, " rows/s"))
    finally:
        engine.dispose()
    return section


def _seconds(engine: sa.Engine, act: Callable[[Operations], None]) -> float:
    """Return how long an operation and its commit take; then it is undone, so that each finds the table as it was."""
    with engine.connect() as connection:
        started = time.monotonic()
        act(Operations(MigrationContext.configure(connection)))
        connection.commit()
        taken = time.monotonic() - started
        op = Operations(MigrationContext.configure(connection))
        op.execute("DROP INDEX IF EXISTS ix_bench")
        if engine.dialect.name == "postgresql":
            op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS ck_bench")
            op.execute(f"ALTER TABLE {TABLE} ALTER COLUMN bid_count TYPE integer")
        connection.commit()
    return taken
