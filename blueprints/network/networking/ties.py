"""The numbers of people and the ties between them, for networking and for services that walk the graph (the feed)."""
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
)

from app.data.connections import reading
from app.data.id_sets import among_given
from app.data.reads.prepared import fetch_prepared
from app.data.upserts import upsert
from blueprints.network.networking.models import Connection, Person, Tie

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork


def number_of(user_id: str) -> int | None:
    """Return a person's number; None of who has neither invited nor been invited, and so has no ties."""
    with reading() as connection:
        rows = fetch_prepared(connection, _number(), {"user_id": user_id})
    return int(rows[0][0]) if rows else None


def number_in_query(user_id: str | ColumnElement[str] | None) -> ScalarSelect[int]:
    """Return a person's number as part of a query."""
    return select(Person.num).where(Person.user_id == user_id).scalar_subquery()


@cache
def _number() -> Select[Any]:
    return select(Person.num).where(Person.user_id == bindparam("user_id", type_=String))


def ties_of_number(num: ColumnElement[int] | ScalarSelect[int]) -> Select[int]:
    """Return the query of the numbers of those connected with the person of that number, which may be a parameter."""
    return select(Tie.b).where(Tie.a == num)


def is_tied(num: ColumnElement[int] | ScalarSelect[int],
            other: ColumnElement[int] | ScalarSelect[int]) -> ColumnElement[bool]:
    """Return the condition that two people are connected, by their numbers, each row looked up by itself.

    Asked by EXISTS, PostgreSQL would read all connections of the first, however many they are, for a few rows."""
    return select(Tie.b).where(Tie.a == num, Tie.b == other).correlate_except(Tie).scalar_subquery().is_not(None)


def numbers_given(name: str) -> Select[int]:
    """Return the query of the numbers of people whose ids are given, as a JSON array, by the parameter `name`."""
    return select(Person.num).where(among_given(Person.user_id, name))


def numbered(work: "UnitOfWork", user_ids: Collection[str]) -> dict[str, int]:
    """Return user id → number of these people, without a lock; who has none gets one now."""
    found = _numbers(work, user_ids)
    if missing := sorted(set(user_ids) - found.keys()):
        # In the order of their ids: two who number the same people at once wait, and do not deadlock.
        work.execute(upsert(Person).values([{"user_id": user_id, "ties": 0} for user_id in missing])
                     .on_conflict_do_nothing(index_elements=(Person.user_id,)))
        found |= _numbers(work, missing)
    return found


def lock_people(work: "UnitOfWork", user_ids: Collection[str]) -> dict[str, Person]:
    """Return user id → row of these people, locked in the order of their ids; who has no number gets one now."""
    numbered(work, user_ids)
    return lock_known(work, user_ids)


def lock_known(work: "UnitOfWork", user_ids: Collection[str]) -> dict[str, Person]:
    """Return the same of those who have a number."""
    rows = work.all(select(Person).where(Person.user_id.in_(user_ids)).order_by(Person.user_id), lock=True)
    return {row.user_id: row for row in rows}


def are_tied(work: "UnitOfWork", one: Person, other: Person) -> bool:
    """Return whether two locked people are connected."""
    return bool(work.rows(select(Tie.b).where(Tie.a == one.num, Tie.b == other.num)))


def tie(work: "UnitOfWork", one: Person, other: Person) -> None:
    """Tie two locked people, in both directions, and count it for both."""
    work.execute(insert(Tie).values([{"a": one.num, "b": other.num}, {"a": other.num, "b": one.num}]))
    _count(work, one, other, 1)


def tie_all(work: "UnitOfWork", people: Mapping[str, Person],
            pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Tie those of many pairs of locked people who are not tied yet, and return these pairs."""
    by_number = {(people[one].num, people[other].num): (one, other) for one, other in pairs}
    known = {tuple(row) for row in work.rows(select(Tie.a, Tie.b).where(tuple_(Tie.a, Tie.b).in_(list(by_number))))}
    fresh = {numbers: pair for numbers, pair in by_number.items() if numbers not in known}
    if fresh:
        work.execute(insert(Tie).values([{"a": a, "b": b} for one in fresh for a, b in (one, one[::-1])]))
    for user_id, ties in Counter(one for pair in fresh.values() for one in pair).items():
        work.change(people[user_id], ties=people[user_id].ties + ties)
    return list(fresh.values())


def untie(work: "UnitOfWork", one: Person, other: Person) -> None:
    """Cut the tie of two locked people who are connected, in both directions, and count it for both."""
    work.execute(delete(Tie).where(or_(and_(Tie.a == one.num, Tie.b == other.num),
                                       and_(Tie.a == other.num, Tie.b == one.num))))
    _count(work, one, other, -1)


def mend_tie(work: "UnitOfWork", pair: tuple[int, int]) -> None:
    """Let two people, by their numbers, be tied in both directions if they are connected, else in none.

    Behind the rows of both; what each counts follows."""
    ids = [row.user_id for row in work.rows(select(Person.user_id).where(Person.num.in_(pair)))]
    people = sorted(lock_known(work, ids).values(), key=lambda person: person.user_id)
    both = [{"a": pair[0], "b": pair[1]}, {"a": pair[1], "b": pair[0]}]
    work.execute(delete(Tie).where(or_(*(and_(Tie.a == one["a"], Tie.b == one["b"]) for one in both))))
    if len(people) == len(pair) and work.rows(select(Connection.id).where(
            Connection.is_active.is_(True), Connection.user_id1 == people[0].user_id,
            Connection.user_id2 == people[1].user_id)):
        work.execute(insert(Tie).values(both))
    for person in people:
        _recount(work, person)


def count_anew(work: "UnitOfWork", user_id: str) -> None:
    """Let a person count as many connections as there are ties."""
    _recount(work, lock_known(work, [user_id])[user_id])


def _recount(work: "UnitOfWork", person: Person) -> None:
    [found] = work.rows(select(func.count().label("ties")).select_from(Tie).where(Tie.a == person.num))
    work.change(person, ties=found.ties)


def _count(work: "UnitOfWork", one: Person, other: Person, step: int) -> None:
    for person in (one, other):
        work.change(person, ties=person.ties + step)


def _numbers(work: "UnitOfWork", user_ids: Collection[str]) -> dict[str, int]:
    rows = work.rows(select(Person.user_id, Person.num).where(Person.user_id.in_(user_ids)))
    return {row.user_id: row.num for row in rows}
