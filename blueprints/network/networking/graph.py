"""How far people are from each other, whom they both know, whom they may know: walks over ties (network.md, Queries).

All of it is about the graph alone: who rests or is blocked is still a way between others (NET-8); who may be an end,
queries.py says. A tie stands in both directions, so what is asked of many people is asked within the range of one."""
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Select, exists, func, select

from app.data.id_sets import is_in_rows
from app.data.reads import fetch, fetch_one
from blueprints.network.networking.models import Person, Tie
from blueprints.network.networking.rules import EXACT_EDGES, LEAST_CONNECTED
from blueprints.network.networking.ties import number_of

MOST_HOPS = 3


@dataclass(frozen=True, slots=True)
class End:
    """One end of a path: its number, how many ties it has."""

    num: int
    ties: int


def ends_of(user_ids: Collection[str]) -> dict[str, End]:
    """Return user id → number and ties of those people who have a number."""
    rows = fetch(select(Person.user_id, Person.num, Person.ties).where(Person.user_id.in_(user_ids)))
    return {row.user_id: End(row.num, row.ties) for row in rows}


def degree_between(one: str, other: str) -> int | None:
    """Return how many hops part two different people: 1, 2, 3, or None where it is more or no path is there.

    Walked from the side with fewer ties; the third hop the cheaper of two ways."""
    ends = ends_of((one, other))
    if len(ends) < 2:
        return None
    near, far = sorted(ends.values(), key=lambda end: (end.ties, end.num))
    if not near.ties:
        return None
    if _found(select(Tie.b).where(Tie.a == near.num, Tie.b == far.num)):
        return 1
    if _found(_two_hops(near.num, far.num)):
        return 2
    edges = _edges_behind(near.num)
    third = _three_hops(near.num, far.num) if edges <= near.ties * far.ties else _pairs_of_friends(near.num, far.num)
    return MOST_HOPS if _found(third) else None


def degrees_from(user_id: str, others: Iterable[str]) -> dict[str, int | None]:
    """Return user id → degree of many people as seen by one, in at most four statements; oneself is left out."""
    wanted = set(others) - {user_id}
    degrees: dict[str, int | None] = dict.fromkeys(wanted)
    me = number_of(user_id)
    if me is None or not wanted:
        return degrees
    left = {end.num: id for id, end in ends_of(wanted).items() if end.ties}
    for degree, query in enumerate((_direct, _by_one, _by_two), 1):
        if left:
            for row in fetch(query(me, left)):
                degrees[left.pop(row[0])] = degree
    return degrees


def friends_of_both(one: int, other: int) -> tuple[Select[int, str], FromClause]:
    """Return the query (num, user_id) of everybody who is connected with both, and the table to order it by.

    From the side with fewer ties: `one`."""
    mine = Tie.__table__.alias("mine")
    return select(mine.c.b, Person.user_id).join(Person, Person.num == mine.c.b).where(
        mine.c.a == one, _tied("theirs", other, mine.c.b)), mine


def friends_of_friends(me: int) -> tuple[Select[int, int], bool]:
    """Return the query (num, shared) of how many friends everybody two hops away shares with this person, himself and
    his friends included, and whether it is approximate.

    Exact over EXACT_EDGES ties of friends; beyond it asks the LEAST_CONNECTED friends with the fewest ties: friends
    who know everybody say little."""
    friend, known = Tie.__table__.alias("friend"), Tie.__table__.alias("known")
    ranked = select(known.c.b.label("num"), func.count().label("shared")).select_from(friend).join(
        known, known.c.a == friend.c.b).where(friend.c.a == me).group_by(known.c.b)
    if _edges_behind(me) <= EXACT_EDGES:
        return ranked, False
    chosen = fetch(select(Person.num).where(_is_friend_of(me)).order_by(Person.ties, Person.num).limit(LEAST_CONNECTED))
    return ranked.where(friend.c.b.in_([row.num for row in chosen])), True


def _edges_behind(num: int) -> int:
    """Return how many ties the friends of a person have in all."""
    row = fetch_one(select(func.coalesce(func.sum(Person.ties), 0)).where(_is_friend_of(num)))
    return int(row[0]) if row else 0


def _is_friend_of(num: int) -> ColumnElement[bool]:
    """Return the condition that somebody in Person is connected with this person."""
    return is_in_rows(Person.num, select(Tie.b).where(Tie.a == num))


def _found(query: Select[int]) -> bool:
    return fetch_one(query) is not None


# What decides is asked by EXISTS: SQLite walks what stands before it, PostgreSQL still chooses by its statistics.
def _two_hops(near: int, far: int) -> Select[int]:
    x = Tie.__table__.alias("x")
    return select(x.c.b).where(x.c.a == near, _tied("y", far, x.c.b))


def _three_hops(near: int, far: int) -> Select[int]:
    """Go through the friends of the near one's friends, and ask of each whether he is a friend of the far one."""
    x, y = Tie.__table__.alias("x"), Tie.__table__.alias("y")
    return select(x.c.b).join(y, y.c.a == x.c.b).where(x.c.a == near, _tied("z", far, y.c.b))


def _pairs_of_friends(near: int, far: int) -> Select[int]:
    """Go through the pairs of a friend of each, and ask of each pair whether they are connected."""
    x, z = Tie.__table__.alias("x"), Tie.__table__.alias("z")
    return select(x.c.b).join(z, z.c.a == far).where(x.c.a == near, _tied("y", x.c.b, z.c.b))


def _direct(me: int, others: Collection[int]) -> Select[int]:
    return select(Tie.b).where(Tie.a == me, Tie.b.in_(others))


def _by_one(me: int, others: Collection[int]) -> Select[int]:
    x = Tie.__table__.alias("x")
    through = exists().where(x.c.a == Person.num, _tied("y", me, x.c.b))
    return select(Person.num).where(Person.num.in_(others), through)


def _by_two(me: int, others: Collection[int]) -> Select[int]:
    x, y = Tie.__table__.alias("x"), Tie.__table__.alias("y")
    through = exists().where(x.c.a == Person.num, y.c.a == x.c.b, _tied("z", me, y.c.b))
    return select(Person.num).where(Person.num.in_(others), through)


def _tied(name: str, one: int | ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that two people are connected; `name` is that of the table in this query."""
    between = Tie.__table__.alias(name)
    return exists().where(between.c.a == one, between.c.b == other)
