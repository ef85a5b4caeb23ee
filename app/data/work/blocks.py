"""Whether a unit of work may be committed, or must be: what its blocks said, what failed in them, whether it wrote.

A command called by another is a block of its caller's unit of work (docs/decisions/008)."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app.data.constraint_errors import refusal_of
from app.errors import RuleViolated

T = TypeVar("T")


class UnitOfWorkSpoiled(RuntimeError):
    """The transaction holds half of something that failed, and may not be committed (docs/decisions/008)."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("the unit of work cannot be committed, because something inside it failed first: "
                         f"{type(error).__name__}: {error}")


class Blocks:
    """The open blocks of one unit of work, and what spoiled it."""

    def __init__(self) -> None:
        self.wrote = False
        """Something was sent to the database, so that the outermost block may not end without commit()."""
        self._finished: list[bool] = []
        """One flag an open block, the outermost first: it said commit() or rollback()."""
        self._first_error: BaseException | None = None
        """What failed inside and was not taken back by attempt(); after it nothing is committed."""

    @contextmanager
    def block(self, is_unsaved: Callable[[], bool]) -> Iterator[None]:
        """Open one more block; `is_unsaved` says whether something waits to be written.

        Raises RuntimeError when commit() is missing at its end."""
        self._finished.append(False)
        outermost = len(self._finished) == 1
        try:
            yield
            if not self._finished[-1] and (not outermost or self.wrote or is_unsaved()):
                raise RuntimeError("a command left its unit of work without commit()")
        except BaseException as error:
            self.spoil(error)
            raise
        finally:
            self._finished.pop()
            if outermost:
                self._first_error = None  # its traceback holds the unit of work and all its rows

    def are_nested(self) -> bool:
        """Return whether the block that speaks now is inside another."""
        return len(self._finished) > 1

    def finish(self) -> None:
        """Note that the innermost block said how it ends."""
        self._finished[-1] = True

    def spoil(self, error: BaseException) -> None:
        """Note what failed: from now on nothing is committed."""
        self._first_error = self._first_error or error

    def require_sound(self) -> None:
        """Raise UnitOfWorkSpoiled when something failed before."""
        if self._first_error is not None:
            raise UnitOfWorkSpoiled(self._first_error) from self._first_error

    def require_unfinished(self) -> None:
        """Raise RuntimeError when the innermost block said before how it ends."""
        if self._finished[-1]:
            raise RuntimeError("a unit of work ends with its commit; what is changed after it belongs into another")

    def watched(self, run: Callable[[], T]) -> T:
        """Run a statement. One that fails spoils the unit of work: PostgreSQL would turn its commit into a rollback."""
        try:
            return run()
        except BaseException as error:
            self.spoil(error)
            raise

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Word what the database refuses, and note that it did."""
        try:
            try:
                yield
            except IntegrityError as error:
                raise refusal_of(error) from error
            except StaleDataError as error:
                raise RuleViolated(
                    "ConcurrentChange", "the record was changed by somebody else; read it again") from error
        except BaseException as error:
            self.spoil(error)
            raise

    def savepoint(self) -> Callable[[], None]:
        """Return what brings back the state of now, in which nothing has failed."""
        finished, wrote = list(self._finished), self.wrote

        def take_back() -> None:
            self._finished, self.wrote, self._first_error = finished, wrote, None

        return take_back
