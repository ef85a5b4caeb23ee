"""The connection a unit of work writes with: opened at its first statement, behind the one write lock of SQLite."""
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.data.connections import close_writing, open_writing
from app.data.driver import roll_back_by_driver
from app.data.sqlite_write_lock import sqlite_write_lock


class WorkConnection:
    """The connection of one unit of work, once there is one."""

    def __init__(self) -> None:
        self._write_lock = ExitStack()
        self._opened: Connection | None = None
        self._is_committed = False

    def get(self) -> Connection:
        """Return the connection, which is opened by the first call."""
        if self._opened is None:
            self._opened = open_writing()
            # Not before: what a command makes ready first keeps no other writer of SQLite waiting.
            self._write_lock.enter_context(sqlite_write_lock())
        return self._opened

    def is_open(self) -> bool:
        """Return whether the transaction has begun."""
        return self._opened is not None

    def commit(self, session: Session | None) -> None:
        """Commit what was written by the connection and by the ORM's session on it."""
        try:
            for opened in (session, self._opened):
                if opened is not None:
                    opened.commit()
        except BaseException:
            # A COMMIT that fails may leave SQLite's transaction open, and SQLAlchemy rolls back none that it tried to
            # commit: the next user of the connection would commit it.
            if self._opened is not None:
                roll_back_by_driver(self._opened)
                self._opened.invalidate()
            raise
        self._is_committed = True

    def let_others_write(self) -> None:
        """Give back SQLite's write lock, if it was needed."""
        if self._opened is not None:
            self._write_lock.close()

    def close(self, session: Session | None) -> None:
        """Give back session and connection; what was not committed is gone."""
        with self._write_lock:
            if session is not None:
                self._close(session.close)
            if self._opened is not None:
                self._close(partial(close_writing, self._opened, is_committed=self._is_committed))

    def _close(self, close: Callable[[], None]) -> None:
        try:
            close()
        except DBAPIError:  # it cannot be rolled back, so nobody may get its connection
            if self._opened is not None and not self._opened.closed:
                self._opened.invalidate()
