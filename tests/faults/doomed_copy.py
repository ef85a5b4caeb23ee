"""Runs `flask db copy` in a process that is killed, as by the kernel, so many rows and statements behind a point of it.

Usage: python -m tests.faults.doomed_copy POINT ROWS STATEMENTS SECONDS WORD…, the settings in the environment. Points
are what the copy notes in its target ("note phase making"), what it says ("copy outbox_record"), and "finish". Rows are
those that it has read, of either side; death comes so many seconds behind the statement, or at the next one."""
import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from app.data.portable_values import PortableTable
from app.factory import create_app
from app.ops.database_copy import DatabaseCopy
from cli import db as terminal


class Death:
    """Comes to a copy at the first statement or commit, to whatever database, that has so much before it."""

    def __init__(self, point: str, rows: int, statements: int, seconds: float) -> None:
        self._point, self._rows, self._statements, self._seconds = point, rows, statements, seconds
        self._is_near = self._is_called = False
        self._is_of_a_table = point.startswith(("copy ", "compare "))

    def pass_by(self, point: str) -> None:
        """Take a point that the copy has reached; behind the table that it was to die in, it dies at once."""
        if self._is_near and self._is_of_a_table:
            self._come()
        self._is_near |= point == self._point

    def take_row(self) -> None:
        """Take a row that was read; while rows are compared no statement comes that death might wait for."""
        self._rows -= self._is_near
        if self._is_near and not self._rows and self._point.startswith("compare "):
            self._come()

    def hear(self, *_: Any) -> None:
        """Take a statement, or a commit."""
        if self._is_called:
            self._come()
        if not self._is_near or self._rows > 0:
            return
        if self._statements:
            self._statements -= 1
        elif self._seconds:
            self._is_called = True
            # Nobody handles it, so the kernel ends the process, whatever it is at: also within a COPY, or a commit.
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
        else:
            self._come()

    def follow(self) -> None:
        """Have it told from now on."""
        note, finish, carried = DatabaseCopy.note, DatabaseCopy.finish, PortableTable.carried

        def noted(copy: DatabaseCopy, name: str, value: str) -> None:
            note(copy, name, value)
            self.pass_by(f"note {name} {value}")

        def finished(copy: DatabaseCopy) -> None:
            self.pass_by("finish")
            finish(copy)

        def said(_progress: Any, doing: str, table: str, rows: int) -> None:
            if not rows:
                self.pass_by(f"{doing} {table}")

        def read(table: PortableTable, row: Any) -> Any:
            self.take_row()
            return carried(table, row)

        DatabaseCopy.note, DatabaseCopy.finish = noted, finished  # type: ignore[method-assign]
        PortableTable.carried = read  # type: ignore[method-assign]
        terminal._Progress.__call__ = said  # type: ignore[method-assign]
        event.listen(Engine, "before_cursor_execute", self.hear)
        event.listen(Engine, "commit", self.hear)

    def _come(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Copy until death comes, or the end."""
    point, rows, statements, seconds, *words = sys.argv[1:]
    app = create_app()
    Death(point, int(rows), int(statements), float(seconds)).follow()
    with app.app_context():
        terminal.db(["copy", *words])


if __name__ == "__main__":
    main()
