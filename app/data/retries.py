"""Work that is claimed, leased, retried and parked: the same few statements for every table that keeps such work.

A table describes itself by an OwedWork; `postpone` needs the columns `attempts` and `last_error` as well."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, false, inspect, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.backoff import Backoff
from app.clock import now
from app.data.connections import reading

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

_LONGEST_ERROR = 2000


@dataclass(frozen=True, slots=True)
class OwedWork:
    """How a table keeps work: what is still owed, when it is due, and until when a process has it to itself.

    Without a column `leased_until` a claim moves `due_at`: when the lease is over, the work is due again. Where there
    is a column `first`, the smallest of it goes first, whoever has been due longer."""

    model: Any
    is_owed: ColumnElement[bool]
    due_at: InstrumentedAttribute[Any]
    leased_until: InstrumentedAttribute[Any] | None = None
    first: InstrumentedAttribute[Any] | None = None

    def is_due(self) -> ColumnElement[bool]:
        """Return the condition of rows that may be claimed now."""
        moment, lease = now(), self.leased_until
        free = [] if lease is None else [or_(lease.is_(None), lease <= moment)]
        return and_(self.is_owed, self.due_at <= moment, *free)

    def until(self, lease: timedelta) -> dict[str, Any]:
        """Return the values that lease a row."""
        return {(self.due_at if self.leased_until is None else self.leased_until).key: now() + lease}

    def freed(self) -> dict[str, Any]:
        """Return the values that end a lease which has a column of its own."""
        return {} if self.leased_until is None else {self.leased_until.key: None}


def is_any_due(kind: OwedWork) -> bool:
    """Return whether there is anything to claim, without a transaction of its own."""
    with reading() as connection:
        return bool(connection.execute(select(exists().where(kind.is_due()))).scalar())


def claim_due(work: "UnitOfWork", kind: OwedWork, most: int, *, lease: timedelta) -> list[Any]:
    """Lease the rows that have been due longest and return them; those another process claims now are skipped."""
    order = [kind.due_at] if kind.first is None else [kind.first, kind.due_at]
    due = select(kind.model).where(kind.is_due()).order_by(*order).limit(most)
    rows = work.all(due.with_for_update(skip_locked=True))
    for row in rows:
        work.change(row, **kind.until(lease))
    return rows


def claim(work: "UnitOfWork", kind: OwedWork, *which: ColumnElement[bool], lease: timedelta,
          or_if: ColumnElement[bool] | None = None, **values: Any) -> bool:
    """Lease the one row that `which` names, if it is due or `or_if` holds; False when another has it or it is settled.

    `values` are set with the lease."""
    early = false() if or_if is None else and_(kind.is_owed, or_if)
    return bool(_change(work, kind, and_(*which, or_(kind.is_due(), early)), kind.until(lease) | values))


def lock_owed(work: "UnitOfWork", kind: OwedWork, *which: ColumnElement[bool]) -> list[Any]:
    """Return the rows of `which` that are still owed, locked: since they were claimed, another may have done them."""
    query = select(kind.model).where(*which, kind.is_owed).order_by(*inspect(kind.model).primary_key)
    return work.all(query, lock=True)


def settle(work: "UnitOfWork", kind: OwedWork, *which: ColumnElement[bool], **values: Any) -> int:
    """Change the rows of `which` that are still owed; returns how many."""
    return _change(work, kind, and_(*which, kind.is_owed), values)


def postpone(work: "UnitOfWork", kind: OwedWork, *which: ColumnElement[bool], error: str, backoff: Backoff,
             asked: timedelta | None = None, parked: Mapping[str, Any] | None = None) -> bool:
    """Count a failed attempt of the rows of `which` that are still owed, and end their leases.

    They are due again after their wait, or the longer one that the other side has `asked` for; after the last attempt
    they take the values `parked`. Returns whether one did."""
    gave_up = False
    for row in lock_owed(work, kind, *which):
        attempts = row.attempts + 1
        is_last = backoff.is_exhausted(attempts)
        later = parked or {} if is_last else {
            kind.due_at.key: now() + max(backoff.wait(attempts), asked or timedelta(0))}
        work.change(row, attempts=attempts, last_error=error[:_LONGEST_ERROR], **kind.freed(), **later)
        gave_up = gave_up or is_last
    return gave_up


def _change(work: "UnitOfWork", kind: OwedWork, which: ColumnElement[bool], values: dict[str, Any]) -> int:
    # Entities this transaction has read are not brought up to date: nobody reads them after the claim or the end.
    statement = update(kind.model).where(which).values(values).execution_options(synchronize_session=False)
    return int(work.execute(statement).rowcount)


def error_text(error: Exception) -> str:
    """Return an error as `last_error` shows it."""
    return f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
