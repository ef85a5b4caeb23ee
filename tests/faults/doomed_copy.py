"""Runs `flask db copy` in a process that is killed, as by the kernel, so many statements behind a point of it.

Usage: python -m tests.faults.doomed_copy POINT STATEMENTS WORD…, the settings in the environment. Points are what the
copy notes in its target ("note phase making"), what it says ("copy outbox_record"), and "finish"."""
import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from app.factory import create_app
from app.ops.database_copy import DatabaseCopy
from cli import db as terminal


class Death:
    """Comes at the first statement or commit, to whatever database, that has so many before it behind the point."""

    def __init__(self, point: str, statements: int) -> None:
        self._point, self._left = point, statements
        self._is_near = False

    def pass_by(self, point: str) -> None:
        """Take a point that the copy has reached."""
        self._is_near |= point == self._point

    def hear(self, *_: Any) -> None:
        """Take a statement, or a commit."""
        if not self._is_near:
            return
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def follow(self) -> None:
        """Have it told from now on."""
        note, finish = DatabaseCopy.note, DatabaseCopy.finish

        def noted(copy: DatabaseCopy, name: str, value: str) -> None:
            note(copy, name, value)
            self.pass_by(f"note {name} {value}")

        def finished(copy: DatabaseCopy) -> None:
            self.pass_by("finish")
            finish(copy)

        def said(_progress: Any, doing: str, table: str, _rows: int) -> None:
            self.pass_by(f"{doing} {table}")

        DatabaseCopy.note, DatabaseCopy.finish = noted, finished  # type: ignore[method-assign]
        terminal._Progress.__call__ = said  # type: ignore[method-assign]
        event.listen(Engine, "before_cursor_execute", self.hear)
        event.listen(Engine, "commit", self.hear)


def main() -> None:
    """Copy until death comes, or the end."""
    point, statements, *words = sys.argv[1:]
    app = create_app()
    Death(point, int(statements)).follow()
    with app.app_context():
        terminal.db(["copy", *words])


if __name__ == "__main__":
    main()
