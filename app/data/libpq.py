"""Statements that PostgreSQL has prepared, asked by libpq itself: psycopg's cursor costs four times as much.

What libpq cannot answer is psycopg's to ask, and to say what is wrong; only what ends a transaction is raised here."""
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Connection, Engine, event

_KNOWN = "known to libpq"
_MOST_PREPARED = 200  # of one connection, which keeps each of them until it ends
_ASKED_ONCE = b""
_PARAMETER = re.compile(r"%(?:%|\((\w+)\)s)")
_BEGIN: "_Key" = ("BEGIN", ())
_READY = (TransactionStatus.IDLE, TransactionStatus.INTRANS)
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
_numbers = count(1)
_Key = tuple[str, tuple[int, ...]]
"""A query, and of what types its parameters are: so it means to the server what it means when psycopg sends it."""


class _Known:
    """What one of psycopg's connections has prepared, and how values become parameters for it.

    psycopg has the server forget all that is prepared when something is undone or a table is altered, and what it has
    forgotten would end a transaction. So BEGIN is prepared before all else: where it is forgotten, all is prepared
    anew."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self.connection, self.adapters = connection, AdaptersMap(connection.adapters)
        # psycopg gives each number the least type that holds it, and so a statement of six amounts hundreds of keys.
        self.adapters.register_dumper(int, Int8Dumper)
        self._names: dict[_Key, bytes] = {}

    def name_of(self, key: _Key) -> bytes | None:
        """Return the name under which the server knows a statement, or None when psycopg is to ask it."""
        if key not in self._names and key != _BEGIN:
            if len(self._names) < _MOST_PREPARED:
                self._names[key] = _ASKED_ONCE
            return None
        for one in (_BEGIN, key):
            if not self._names.get(one):
                self._names[one] = self._prepared(one)
        return self._names[key]

    def _prepared(self, key: _Key) -> bytes:
        name, (text, types) = b"guildhall_%d" % next(_numbers), key
        result = self.connection.pgconn.prepare(name, text.encode(), types)
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)
        return name

    def forget(self, key: _Key) -> None:
        """Prepare that statement anew when it is asked next."""
        self._names[key] = _ASKED_ONCE

    def forget_all(self) -> None:
        """The same of all that is prepared."""
        self._names = dict.fromkeys(self._names, _ASKED_ONCE)


class Answer:
    """What the server answered, read as a cursor is."""

    def __init__(self, rows: Sequence[Sequence[Any]], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """Return the rows, as psycopg gives them."""
        return self._rows

    def close(self) -> None:
        """Do nothing: the answer is here."""


def answer_of_libpq(connection: Connection, text: str, values: Mapping[str, Any]) -> Answer | None:
    """Return the answer to a statement whose parameters are `%(name)s`; None when psycopg must be asked.

    It is prepared when a connection is asked for it a second time. Raises psycopg.Error for what the server refuses
    inside a transaction, which that ends; it may be refused outside, and asked anew."""
    driver: Any = connection.connection.driver_connection
    server = driver.pgconn
    if server.transaction_status not in _READY:
        return None
    known: _Known = connection.info.get(_KNOWN) or connection.info.setdefault(_KNOWN, _Known(driver))
    numbered, names = _numbered(text)
    try:
        converter = Transformer(known)
        parameters = converter.dump_sequence([values[name] for name in names], [PyFormat.TEXT] * len(names))
        result = _result(known, (numbered, converter.types or ()), parameters)
    except psycopg.Error:
        if server.transaction_status == TransactionStatus.INERROR:
            raise
        return None
    if result is None:
        return None
    converter.set_pgresult(result)
    return Answer(converter.load_rows(0, result.ntuples, tuple), result.command_tuples or 0)


def _result(known: _Known, key: _Key, parameters: Sequence[Any]) -> Any:
    """Return what the server answers, None when psycopg is to ask. Raises psycopg.Error for what is refused."""
    server = known.connection.pgconn
    for _ in range(2):
        name = known.name_of(key)
        if name is None:
            return None
        result = server.exec_prepared(name, parameters)
        if result.status in _DONE:
            return result
        error = error_from_result(result)
        if isinstance(error, FeatureNotSupported):  # what it selects has other types now
            known.forget(key)
        if not isinstance(error, InvalidSqlStatementName):
            break
        known.forget_all()
    raise error


@lru_cache(maxsize=1024)
def _numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the statement with PostgreSQL's own numbered parameters, and their names in order."""
    places: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return "%" if found[1] is None else f"${places.setdefault(found[1], len(places) + 1)}"

    return _PARAMETER.sub(place, text), tuple(places)


def forget_with_psycopg(engine: Engine) -> None:
    """Prepare anew what psycopg has the server forget within a transaction, where a part of it is undone."""
    @event.listens_for(engine, "rollback_savepoint")
    def _on_rollback(connection: Connection, _name: str, _context: Any) -> None:
        if (known := connection.info.get(_KNOWN)) is not None:
            known.forget_all()
