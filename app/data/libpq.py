"""Statements that PostgreSQL has prepared, asked by libpq itself: psycopg's cursor costs four times as much.

What libpq cannot answer is psycopg's to ask, and to say what is wrong; so nothing here raises."""
from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection

_PREPARED = "prepared by us"
_MOST_PREPARED = 200  # of one connection, which keeps each of them until it ends
_ASKED_ONCE = b""
_numbers = count(1)
_Key = tuple[str, tuple[int, ...]]
"""A query, and of what types its parameters are: so it means to the server what it means when psycopg sends it."""


def rows_by_libpq(connection: Connection, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]] | None:
    """Return the rows of a query whose parameters are `$1`, `$2`, …, as psycopg gives them; None when it must be asked.

    Never inside a transaction: what is refused there would end it. A query is prepared when a connection is asked for
    it a second time."""
    driver: Any = connection.connection.driver_connection
    server = driver.pgconn
    if server.transaction_status != TransactionStatus.IDLE:
        return None
    prepared: dict[_Key, bytes | None] = connection.info.setdefault(_PREPARED, {})
    try:
        converter = Transformer(driver)
        parameters = converter.dump_sequence(values, [PyFormat.TEXT] * len(values))
        key = text, converter.types or ()
        name = prepared.get(key) or _prepare(server, prepared, key)
        if name is None:
            return None
        result = server.exec_prepared(name, parameters)
    except psycopg.Error:
        return None
    if result.status != ExecStatus.TUPLES_OK:
        del prepared[key]  # it was forgotten, or a table is another one now: it may be prepared anew
        return None
    converter.set_pgresult(result)
    return converter.load_rows(0, result.ntuples, tuple)


def _prepare(server: Any, prepared: dict[_Key, bytes | None], key: _Key) -> bytes | None:
    """Return the name under which the server knows the query from now on, or None when psycopg is to ask it."""
    if prepared.get(key) == _ASKED_ONCE:
        name, (text, types) = b"guildhall_%d" % next(_numbers), key
        is_prepared = server.prepare(name, text.encode(), types).status == ExecStatus.COMMAND_OK
        prepared[key] = name if is_prepared else None
        return prepared[key]
    if key not in prepared and len(prepared) < _MOST_PREPARED:
        prepared[key] = _ASKED_ONCE
    return None
