"""What the databases' own errors mean to the application."""
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from blueprints.organization.domain.refusals import ConcurrentWrite, Unavailable

_RIVALS = ("40001", "40P01")
"""PostgreSQL's codes for transactions that lost to another: serialization failure, deadlock."""

_MISSING = ("42P01", "3F000", "42501")
"""PostgreSQL's codes for a table, a schema or a privilege that is missing; SQLite calls that operational itself."""

logger = logging.getLogger(__name__)


@contextmanager
def store_failures() -> Iterator[None]:
    """Turn an unreachable, overloaded or damaged database into Unavailable, a lost race into ConcurrentWrite."""
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("All database connections are busy; try again.") from error
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None)
        if code in _RIVALS:
            raise ConcurrentWrite from error
        if not _is_trouble(error, code):
            raise
        logger.warning("the store cannot be reached: %s", error.orig)
        raise Unavailable("The store cannot be reached now; try again.") from error


def _is_trouble(error: DBAPIError, code: str | None) -> bool:
    """Tell trouble with the database from a statement that is wrong, or refused by a constraint."""
    if isinstance(error, ProgrammingError):
        return code in _MISSING
    return isinstance(error, (OperationalError, InterfaceError, InternalError)) or type(error) is DatabaseError


@contextmanager
def rivals_win() -> Iterator[None]:
    """Turn the violation of a unique constraint into ConcurrentWrite."""
    try:
        yield
    except IntegrityError as error:
        raise ConcurrentWrite from error
