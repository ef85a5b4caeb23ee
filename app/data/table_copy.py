"""A table's rows from one database into another, in the order of their key, and the proof that both hold the same.

How far a copy has come is seen in the target itself, by its last key: so it goes on after a kill."""
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import Connection, Table, func, select, text, tuple_
from sqlalchemy.exc import DBAPIError

from app.data.portable_values import PortableTable

ROWS_AT_ONCE = 2000
WAIT_SECONDS = 10
MOST_DIFFERENCES = 5


class CopyRefused(Exception):
    """The copy is not begun, or stops; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Side:
    """A table in one of the two databases, and the connection to it."""

    connection: Connection
    table: Table

    @property
    def portable(self) -> PortableTable:
        """How its rows are moved."""
        return PortableTable(self.table, self.connection.dialect.name)

    @property
    def quoted(self) -> str:
        """The table's name in a statement."""
        return self.connection.dialect.identifier_preparer.format_table(self.table)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found when the rows of both sides were laid beside each other; `digest` is of the source's rows."""

    rows: int
    digest: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """What became of one table: how many rows this run copied, and what the comparison of all of them found."""

    name: str
    copied: int
    found: Comparison


class Progress(Protocol):
    """Is told what is done to which table, and with how many of its rows so far."""

    def __call__(self, doing: str, table: str, rows: int) -> None:
        """Tell somebody."""


def copy_tables(source: Connection, target: Connection, tables: Sequence[tuple[Table, Table]], progress: Progress,
                of: str = "") -> list[CopiedTable]:
    """Copy tables, each given as it stands in the source and in the target, then compare all rows of each.

    The source is held still (`hold_still`). `of` is whose tables they are, for the report. Raises CopyRefused."""
    pairs = [(Side(source, ours), Side(target, theirs)) for ours, theirs in tables]
    copied = []
    for ours, theirs in pairs:
        name = f"{of}{ours.table.name}"
        progress("copy", name, 0)
        copied.append(copy_rows(ours, theirs, partial(progress, "copy", name)))
        carry_sequence(ours, theirs)
    found = []
    for (ours, theirs), rows in zip(pairs, copied, strict=True):
        name = f"{of}{ours.table.name}"
        progress("compare", name, 0)
        found.append(CopiedTable(name, rows, compare_rows(ours, theirs)))
    return found


def hold_still(connection: Connection, tables: Sequence[Table]) -> None:
    """Begin a transaction while which nobody writes into these tables; reads go on. Closing the connection ends it.

    On SQLite it is the write lock of the file. Raises CopyRefused when somebody is writing just now."""
    try:
        if connection.dialect.name == "sqlite":
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
            connection.execution_options(writes=True).begin()
            return
        connection.begin()
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
        # The snapshot is taken by the first statement behind the lock: what was committed before it is in it.
        names = ", ".join(Side(connection, table).quoted for table in tables)
        connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")
    except DBAPIError as error:
        raise CopyRefused(f"somebody writes into the source ({first_line(error)}): stop every service, "
                          "then begin again") from error


def copy_rows(source: Side, target: Side, progress: Callable[[int], None]) -> int:
    """Copy the rows whose key comes after the target's last one, and return how many that were.

    Each batch is one transaction in the target; `progress` is told the count after each. The source's transaction must
    hold it still. Raises CopyRefused for a row that the target does not take."""
    reads, writes, copied = source.portable, target.portable, 0
    rows = select(*reads.columns).order_by(*reads.key)
    last = _last_key(target, writes)
    if last is not None:
        rows = rows.where(tuple_(*reads.key) > tuple_(*last))
    with source.connection.execute(rows.execution_options(yield_per=ROWS_AT_ONCE)) as found:
        for some in found.partitions():
            carried = [reads.carried(row) for row in some]
            _write(target, writes, carried)
            copied += len(carried)
            progress(copied)
    return copied


def compare_rows(source: Side, target: Side) -> Comparison:
    """Lay the rows of both sides beside each other, in the order of their keys."""
    count, digest, differences = 0, sha256(), list[str]()
    with target.connection.begin():
        theirs = _comparable(target)
        other = next(theirs, None)
        for key, row in _comparable(source):
            count += 1
            digest.update(row)
            while other is not None and other[0] < key:
                differences.append(f"{_shown(other[0])} is not in the source")
                other = next(theirs, None)
            if other is None or other[0] != key:
                differences.append(f"{_shown(key)} is missing")
                continue
            if other[1] != row:
                differences.append(f"{_shown(key)} differs")
            other = next(theirs, None)
        while other is not None:
            differences.append(f"{_shown(other[0])} is not in the source")
            other = next(theirs, None)
    return Comparison(count, digest.hexdigest()[:16], tuple(differences[:MOST_DIFFERENCES]))


def carry_sequence(source: Side, target: Side) -> None:
    """Let the target draw its next number behind every one that the source ever drew, where a table draws numbers.

    A number is never drawn twice, also when its row is gone: subscribers go by it."""
    column = target.table.autoincrement_column
    if column is None:
        return
    with target.connection.begin():
        last = max(last_drawn(source), last_drawn(target))
        if target.connection.dialect.name == "postgresql":
            target.connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :column), greatest(:last, 1), :last > 0)"),
                {"table": target.quoted, "column": column.name, "last": last})
        elif target.table.dialect_options["sqlite"]["autoincrement"]:
            name = {"table": target.table.name, "last": last}
            target.connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), name)
            target.connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), name)


def count_rows(side: Side) -> int:
    """Return how many rows a table has."""
    return int(side.connection.scalar(select(func.count()).select_from(side.table)) or 0)


def last_drawn(side: Side) -> int:
    """Return the last number that the table drew, of the column it draws numbers for."""
    column: Any = side.table.autoincrement_column
    last = side.connection.scalar(select(func.max(column))) or 0
    if side.connection.dialect.name == "postgresql":
        sequence = side.connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"),
                                          {"table": side.quoted, "column": column.name})
        if sequence is not None:
            drawn = side.connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()
            last = max(last, drawn.last_value if drawn.is_called else 0)
    elif side.table.dialect_options["sqlite"]["autoincrement"]:
        last = max(last, side.connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"),
                                                {"table": side.table.name}) or 0)
    return int(last)


def first_line(error: BaseException) -> str:
    """Return what an error of a database says, in one line: what follows may quote rows."""
    origin = getattr(error, "orig", None) or error
    return (str(origin).splitlines() or [type(origin).__name__])[0]


def _last_key(target: Side, portable: PortableTable) -> tuple[Any, ...] | None:
    names = [column.label(f"key_{place}") for place, column in enumerate(target.table.primary_key)]
    with target.connection.begin():
        row = target.connection.execute(select(*names).order_by(*(one.desc() for one in portable.key)).limit(1)).first()
    return None if row is None else tuple(row)


def _write(target: Side, portable: PortableTable, rows: list[list[Any]]) -> None:
    try:
        with target.connection.begin():
            _insert(target, rows)
    except (DBAPIError, target.connection.dialect.loaded_dbapi.Error) as error:
        if len(rows) == 1:
            raise CopyRefused(f"the target does not take the row {_shown(portable.key_of(rows[0]))} of "
                              f"{target.table.name}: {first_line(error)}") from error
        for row in rows:  # one by one: to find the row that is refused
            _write(target, portable, [row])


def _insert(target: Side, rows: list[list[Any]]) -> None:
    preparer = target.connection.dialect.identifier_preparer
    names = ", ".join(preparer.format_column(column) for column in target.table.columns)
    if target.connection.dialect.name == "sqlite":
        places = ", ".join("?" for _ in target.table.columns)
        target.connection.exec_driver_sql(f"INSERT INTO {target.quoted} ({names}) VALUES ({places})",
                                          [tuple(row) for row in rows])
        return
    driver: Any = target.connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {target.quoted} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _comparable(side: Side) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    portable = side.portable
    rows = select(*portable.columns).order_by(*portable.key)
    with side.connection.execute(rows.execution_options(yield_per=ROWS_AT_ONCE)) as found:
        for row in found:
            carried = portable.carried(row)
            yield portable.key_of(carried), portable.compared(carried)


def _shown(key: tuple[Any, ...]) -> str:
    return "/".join(str(part) for part in key)
