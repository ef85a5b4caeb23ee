"""What a shell is offered at a TAB where an id is wanted: asked of the database by its driver alone, and of ids alone.

To map tables takes longer than a TAB may, so these statements are text. Nothing is made by asking, no file either."""
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.data.ids import SHORT_ID_DIGITS, digits_of, ids_between, short_id
from app.settings import Settings

MOST_OFFERED = 20
_LOOKED_THROUGH = 1_000
"""How many rows of an index are looked through for those of a kind: no more, however large the table is."""
_DIGITS = re.compile("[0-9a-f]{0,32}")
_SHORTEST_NAME = 2
_SERVER_MILLISECONDS = 500
_SHORT = f"substr(id, {36 - SHORT_ID_DIGITS + 1})"
"""The last digits of an id, as their index says them."""
ROLES_OF_STAFF = ("admin", "superAdmin")


@dataclass(frozen=True, slots=True)
class Driver:
    """A database by its driver: calling it returns the first column of what a statement finds, `?` for each value."""

    execute: Callable[[str, tuple[str, ...]], Any]
    true: str

    def __call__(self, statement: str, *values: str) -> list[Any]:
        """Return the first column of what the statement finds; raises the driver's error."""
        return [row[0] for row in self.execute(statement, values).fetchall()]


@dataclass(frozen=True, slots=True)
class Ids:
    """Whose ids: the rows of a table, of those in which `column` is `value` where one is named.

    `by_last_digits`: it has a short_id_index, so that the last eight digits are found (app/data/short_ids.py)."""

    table: str
    by_last_digits: bool = True
    column: str = ""
    value: str = ""


def offered_ids(driver: Driver, ids: Ids, typed: str) -> list[str]:
    """Return the ids that begin as typed, and the last eight digits that do; of nothing typed those of the newest."""
    digits = digits_of(typed)
    if not _DIGITS.fullmatch(digits):
        return []
    if not digits:
        newest = _found(driver, ids, "ORDER BY id DESC")
        return [short_id(one) for one in newest] if ids.by_last_digits else newest
    offered = _found(driver, ids, "WHERE id BETWEEN ? AND ? ORDER BY id", *ids_between(digits))
    if ids.by_last_digits and len(digits) <= SHORT_ID_DIGITS:
        offered += map(short_id, _found(driver, ids, f"WHERE {_SHORT} BETWEEN ? AND ?",
                                        digits.ljust(SHORT_ID_DIGITS, "0"), digits.ljust(SHORT_ID_DIGITS, "f")))
    return list(dict.fromkeys(one for one in offered if one.startswith(typed.lower())))[:MOST_OFFERED]


def offered_ids_among(found: Iterable[str], typed: str) -> list[str]:
    """Return of whole ids the last eight digits that begin as typed, and those ids that do when something is."""
    begun, ids = typed.strip().lower(), list(found)
    named = [*map(short_id, ids), *(ids if begun else ())]
    return list(dict.fromkeys(one for one in named if one.startswith(begun)))[:MOST_OFFERED]


def ids_meant(driver: Driver, ids: Ids, text: str) -> list[str]:
    """Return the whole ids that a text begins, or whose last eight digits it is."""
    digits = digits_of(text)
    if not digits or not _DIGITS.fullmatch(digits):
        return []
    found = _found(driver, ids, "WHERE id BETWEEN ? AND ? ORDER BY id", *ids_between(digits))
    if ids.by_last_digits and len(digits) == SHORT_ID_DIGITS:
        found += _found(driver, ids, f"WHERE {_SHORT} = ?", digits)
    return list(dict.fromkeys(found))


def latest_of(driver: Driver, table: str, owner: str, owner_id: str) -> list[str]:
    """Return the ids of the newest rows whose column `owner`, which has an index with the id, is `owner_id`."""
    return driver(f"SELECT id FROM {table} WHERE {owner} = ? ORDER BY id DESC LIMIT {_LOOKED_THROUGH}", owner_id)


def staff_of(driver: Driver, ids: Ids) -> list[str]:
    """Return the ids of the accounts of a realm that have a role of the staff, of any state."""
    return driver(f"SELECT id FROM {ids.table} WHERE role_id IN (?, ?) LIMIT {_LOOKED_THROUGH}", *ROLES_OF_STAFF)


def offered_topics(driver: Driver, subscriber: str | None, typed: str) -> list[str]:
    """Return the topics that begin as typed, of what was owed last to the subscriber, or to anybody."""
    of_whom = "" if subscriber is None else " WHERE subscriber = ?"
    topics = driver("SELECT DISTINCT topic FROM (SELECT topic, subscriber FROM event_delivery ORDER BY record_id DESC "
                    f"LIMIT {_LOOKED_THROUGH}) looked_at{of_whom}", *(() if subscriber is None else (subscriber,)))
    return sorted(one for one in topics if one.startswith(typed))[:MOST_OFFERED]


def offered_records(driver: Driver, typed: str) -> list[str]:
    """Return the numbers of the outbox's newest records that begin as typed."""
    numbers = driver(f"SELECT id FROM outbox_record ORDER BY id DESC LIMIT {_LOOKED_THROUGH}")
    return [one for one in map(str, numbers) if one.startswith(typed)][:MOST_OFFERED]


def offered_words(driver: Driver, realm: str, typed: str) -> list[str]:
    """Return the words of a realm's list that begin as typed; no phrases, which a shell would divide at their spaces.
    """
    phrases = driver(f"SELECT phrase FROM moderation_word WHERE realm = ? ORDER BY folded LIMIT {_LOOKED_THROUGH}",
                     realm)
    return [one for one in phrases if " " not in one and one.casefold().startswith(typed.casefold())][:MOST_OFFERED]


def offered_rules(driver: Driver, realm: str, built_in: Iterable[str], typed: str) -> list[str]:
    """Return the codes of a realm's rules that begin as typed: the built-in ones and those of the staff, none retired.
    """
    said = "SELECT code FROM moderation_rule WHERE realm = ? AND is_active IS"
    codes = {*built_in, *driver(f"{said} {driver.true}", realm)} - {*driver(f"{said} NOT {driver.true}", realm)}
    return sorted(one for one in codes if one.startswith(typed))[:MOST_OFFERED]


def offered_accounts(driver: Driver, ids: Ids, typed: str) -> list[str]:
    """Return the last digits of the account, of any state, whose e-mail alone begins as typed.

    No address is offered: whoever may see one says --reveal, and that is written down."""
    begun = typed.strip().lower()
    found = _begun(driver, ids.table, "id", "email", begun) if len(begun) >= _SHORTEST_NAME else []
    return [short_id(one) for one in found] if len(found) == 1 else []


def offered_names(driver: Driver, table: str, column: str, typed: str) -> list[str]:
    """Return what begins as typed in a column of names, which has an index."""
    if typed:
        return _begun(driver, table, column, column, typed)
    return driver(f"SELECT {column} FROM {table} ORDER BY {column} LIMIT {MOST_OFFERED}")


def offered_names_of(driver: Driver, table: str, column: str, owner: str, owner_id: str, typed: str) -> list[str]:
    """Return the same of the rows whose column `owner`, which has an index, is `owner_id`; blank ones are left out."""
    found = driver(f"SELECT {column} FROM {table} WHERE {owner} = ? ORDER BY {column} LIMIT {_LOOKED_THROUGH}",
                   owner_id)
    return [one for one in found if one and one.startswith(typed)][:MOST_OFFERED]


def offered_numbers(driver: Driver, table: str, realm: str, prefix: str, typed: str) -> list[str]:
    """Return the numbers that begin as typed, the latest first, each behind its prefix.

    Without a prefix they are cases: those that wait, the first in the queue first."""
    which = "ORDER BY number DESC" if prefix else f"AND is_pending IS {driver.true} ORDER BY urgency, opened_at, id"
    numbers = driver(f"SELECT number FROM {table} WHERE realm = ? {which} LIMIT {_LOOKED_THROUGH}", realm)
    return [one for one in (f"{prefix}{number}" for number in numbers) if one.startswith(typed.lower())][:MOST_OFFERED]


def _found(driver: Driver, ids: Ids, which: str, *values: str) -> list[str]:
    if not ids.column:
        return driver(f"SELECT id FROM {ids.table} {which} LIMIT {MOST_OFFERED}", *values)
    return driver(f"SELECT id FROM (SELECT id, {ids.column} FROM {ids.table} {which} LIMIT {_LOOKED_THROUGH}) looked_at"
                 f" WHERE {ids.column} = ? LIMIT {MOST_OFFERED}", *values, ids.value)


def _begun(driver: Driver, table: str, column: str, name: str, typed: str) -> list[str]:
    # The bounds hold in any collation; what only sorts between them is told apart by its text.
    return driver(f"SELECT {column} FROM (SELECT {column}, {name} AS name FROM {table} WHERE {name} BETWEEN ? AND ? "
                 f"ORDER BY {name} LIMIT {_LOOKED_THROUGH}) looked_at WHERE substr(name, 1, {len(typed)}) = ? "
                 f"LIMIT {MOST_OFFERED}", typed, f"{typed}zzzz", typed)


@contextmanager
def driver_of(settings: Settings) -> Iterator[Driver]:
    """Give the database of these settings. Raises the driver's error, or FileNotFoundError, when it is not there."""
    if settings.sqlite_file is not None:
        opened = driver_of_file(settings.sqlite_file)
    else:
        opened = driver_of_server(settings.database_url)
    with opened as driver:
        yield driver


@contextmanager
def driver_of_server(url: str) -> Iterator[Driver]:
    """Give the database of PostgreSQL at an address, for reads alone; a statement may take half a second.

    Raises psycopg.Error."""
    import psycopg

    bounds = f"-c statement_timeout={_SERVER_MILLISECONDS} -c default_transaction_read_only=on"
    with psycopg.connect(f"postgresql://{url.partition('://')[2]}", autocommit=True, options=bounds) as connection:
        yield Driver(lambda said, values: connection.execute(said.replace("?", "%s").encode(), values), "true")


@contextmanager
def driver_of_file(file: Path) -> Iterator[Driver]:
    """Give the database of SQLite in a file that exists, without making either of those that SQLite puts beside it.

    With no log beside it nobody writes, and it is read as it is. A log has an index; without one it is left alone: to
    make it would leave a file that may not be the service's own. Raises FileNotFoundError then, and sqlite3.Error."""
    import sqlite3

    log, index = (file.with_name(file.name + ending) for ending in ("-wal", "-shm"))
    if log.exists() != index.exists():
        raise FileNotFoundError(index)
    how = "" if log.exists() else "&immutable=1"
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro{how}", uri=True, timeout=0.1)) as connection:
        yield Driver(connection.execute, "1")
