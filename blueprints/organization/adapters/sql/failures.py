"""What the databases' own errors mean to the application."""
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from blueprints.organization.domain.refusals import ConcurrentWrite, Unavailable

_RIVALS = ("40001", "40P01")
"""PostgreSQL's codes for transactions that lost to another: serialization failure, deadlock."""


@contextmanager
def store_failures() -> Iterator[None]:
    """Turn an unreachable or overloaded database into Unavailable, a lost race into ConcurrentWrite."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RIVALS:
            raise ConcurrentWrite from error
        raise Unavailable("The store cannot be reached now; try again.") from error


@contextmanager
def rivals_win() -> Iterator[None]:
    """Turn the violation of a unique constraint into ConcurrentWrite."""
    try:
        yield
    except IntegrityError as error:
        raise ConcurrentWrite from error
