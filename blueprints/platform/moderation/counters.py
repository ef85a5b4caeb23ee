"""Numbers that people can say: case 142, act a57, strike s9, appeal p3, bulk b2 (M-29); and how many cases wait."""
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.data.reads import fetch_one
from app.data.upserts import prepared_upsert
from app.errors import InvalidInput
from blueprints.platform.moderation.counter_models import Counter
from blueprints.platform.moderation.rules import number_in

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

PENDING = "pending"


def next_number(work: "UnitOfWork", name: str) -> int:
    """Return the next number of the realm; `name` is case, act, strike, appeal or bulk. Locked until the commit."""
    return count(work, name, 1)


def count(work: "UnitOfWork", name: str, difference: int) -> int:
    """Add to a counter of the realm, and return what it stands at.

    Its row is locked until the commit, and no lock rank watches it. Cases come before acts (whose number its effects
    already name), before strikes, before appeals, before PENDING, which is counted last."""
    counted = work.execute(prepared_upsert(Counter, _adding),
                           {"realm": work.actor.realm, "name": name, "value": difference})
    return int(counted.scalar_one())


def _adding(insert: Any) -> Any:
    counters = Counter.__table__.c
    return insert.on_conflict_do_update(
        index_elements=(counters.realm, counters.name),
        set_={"value": counters.value + insert.excluded.value}).returning(counters.value)


def pending_cases(realm: str) -> int:
    """Return how many cases wait, from the counter."""
    row = fetch_one(select(Counter.value).where(Counter.realm == realm, Counter.name == PENDING))
    return int(row[0]) if row else 0


def read_number(text: str, prefix: str = "") -> int:
    """Return the number that a path names, with its prefix or without; raises InvalidInput."""
    number = number_in(text, prefix)
    if number is None:
        raise InvalidInput("errMsg_numberIsNotValid", detail={"number": f"expected a number, as {prefix}57"})
    return number
