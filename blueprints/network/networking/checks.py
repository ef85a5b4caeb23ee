"""What `flask doctor` proves: ties are the connections in both directions, counters a recount (decision 35)."""
from typing import Any

from sqlalchemy import Select, except_, func, select, union_all
from sqlalchemy.orm import aliased

from app.data.reads import fetch
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.networking.models import Connection, Person, Tie
from blueprints.network.networking.ties import count_anew, mend_tie


def differences(limit: int) -> list[str]:
    """Return where connections, ties and counters say different things, one sentence each, at most `limit`.

    It reads all of them; it is the operator's question. One statement each, so that what is written meanwhile is on
    neither side."""
    connected, ties = _connected(), select(Tie.a, Tie.b)
    wrong = [f"{a} is connected with {b} and not tied" for a, b in _rows(connected, ties, limit)]
    wrong += [f"{a} is tied with {b} and not connected" for a, b in _rows(ties, connected, limit)]
    wrong += [f"person {row[0]} counts {row[1]} connections and has {row[2]}" for row in _miscounted(limit)]
    return wrong[:limit]


def mend_ties(operator: str) -> int:
    """Tie who is connected, untie who is not, and count the connections anew of whose number differs; returns how many.

    The connections are what people agreed on; ties and numbers follow."""
    connected, ties = _connected(), select(Tie.a, Tie.b)
    differing = [*_rows(connected, ties, MOST_MENDED), *_rows(ties, connected, MOST_MENDED)]
    pairs = {(min(pair), max(pair)) for pair in differing}
    mended = mend_each("network", operator, "tie of two people", sorted(pairs), mend_tie)
    return mended + mend_each("network", operator, "connections of a person", [
        row[0] for row in _miscounted(MOST_MENDED)], count_anew)


def _miscounted(limit: int) -> Any:
    recount = select(func.count()).select_from(Tie).where(Tie.a == Person.num).scalar_subquery()
    return fetch(select(Person.user_id, Person.ties, recount).where(Person.ties != recount).limit(limit))


def check_ties() -> tuple[str, str]:
    """Return what `flask doctor` says of the graph: ok or fail, and a sentence."""
    return agreement(differences(MOST_NAMED + 1),
                     "ties are the connections in both directions, and everybody's number of them is right")


def _connected() -> Select[Any]:
    """Return the query of the numbers of all connected people, each pair in both directions."""
    lower, higher = aliased(Person), aliased(Person)
    both = select(lower.num, higher.num).select_from(Connection).join(
        lower, lower.user_id == Connection.user_id1).join(
        higher, higher.user_id == Connection.user_id2).where(Connection.is_active.is_(True))
    pairs = both.subquery().c
    return select(union_all(select(pairs[0], pairs[1]), select(pairs[1], pairs[0])).subquery())


def _rows(those: Select[*tuple[Any, ...]], without: Select[*tuple[Any, ...]], limit: int) -> list[tuple[int, int]]:
    found: Any = fetch(select(except_(those, without).subquery()).limit(limit))
    return [(row[0], row[1]) for row in found]
