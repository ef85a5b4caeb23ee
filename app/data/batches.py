"""How very many rows are removed or changed: in batches, so that writers never wait for all of them."""
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.actor import Actor

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

BATCH_ROWS = 1000
_YIELD_SECONDS = 0.01


def purge(actor: Actor, find: Callable[[int], Sequence[Any]],
          remove: Callable[["UnitOfWork", Sequence[Any]], object]) -> int:
    """Remove or settle what `find(size)`, outside any transaction, names until it names nothing; returns how many.

    Each batch is removed in a transaction of its own; then the write lock is yielded."""
    from app.data.unit_of_work import unit_of_work

    purged = 0
    while ids := find(BATCH_ROWS):
        with unit_of_work(actor) as work:
            remove(work, ids)
            work.commit()
        purged += len(ids)
        yield_write_lock()
    return purged


def repeat(actor: Actor, change: Callable[["UnitOfWork", int], int], *, size: int, cause: str | None = None) -> None:
    """Let `change(work, size)` find rows and change them in one transaction, until it finds fewer than `size`.

    It returns how many it has found; between two transactions the write lock is yielded. `cause` is the request id."""
    from app.data.unit_of_work import unit_of_work

    found = size
    while found == size:
        with unit_of_work(actor, request_id=cause) as work:
            found = change(work, size)
            work.commit()
        yield_write_lock()


def yield_write_lock() -> None:
    """Let those write who wait behind the transaction just ended: whoever comes back at once would be faster."""
    time.sleep(_YIELD_SECONDS)
