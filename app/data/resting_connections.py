"""The connections that a web server's requests read with, kept between two requests.

Out of SQLAlchemy's pool and back costs a request as much as a read by id (bench/README.md)."""
import time
from collections import deque

from sqlalchemy import Connection

REST_SECONDS = 1.0
"""How long a connection is believed to be alive without being asked."""
RESTED_SINCE = "rested since"
"""In the pool's notes on a connection: since when it was not used, where that was before it came back."""


class RestingConnections:
    """Those of one process, the one used last first. As many as were in use at once: whoever writes gives one back."""

    def __init__(self) -> None:
        self._resting: deque[tuple[Connection, float]] = deque()

    def take(self) -> Connection | None:
        """Return one that was used a moment ago, or None; the pool looks whether those that rested longer are alive."""
        while (newest := self._pop()) is not None:
            connection, since = newest
            if time.monotonic() - since < REST_SECONDS:
                return connection
            connection.info[RESTED_SINCE] = since
            connection.close()
        return None

    def rest(self, connection: Connection, *, is_sound: bool = True) -> None:
        """Keep it for the next request, or give it back to the pool when that has something to clean up.

        Not sound is one whose BEGIN was refused: SQLAlchemy's Connection then begins no more transactions by itself.
        Where one was found dead the others are given back, too: the same may have ended them."""
        if connection.invalidated:
            while self.give_one_back():
                pass
        is_left = connection.closed or connection.invalidated or connection.get_transaction() is not None
        if is_left or not is_sound:
            connection.close()
        else:
            self._resting.append((connection, time.monotonic()))

    def give_one_back(self) -> bool:
        """Give the one used last back to the pool, for who needs another; returns whether there was one."""
        newest = self._pop()
        if newest is None:
            return False
        newest[0].close()
        return True

    def _pop(self) -> tuple[Connection, float] | None:
        try:
            return self._resting.pop()  # no look before: another thread may take the last one in between
        except IndexError:
            return None
