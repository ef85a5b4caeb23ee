"""What a service says of its rows that name a person: what the export has of them (docs/decisions/099), and what
becomes of them on the day that person is gone for good (decision 41).

A table that names people and is declared by nobody fails tests/platform/test_people_forgotten.py."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Executable, delete, func, inspect, literal_column, or_, select, update

from app.actor import Actor
from app.data.entity import Base, Entity
from app.data.version_keys import version_key

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

ERASED, ANONYMOUS, KEPT, EXPIRING = "erased", "anonymous", "kept", "expiring"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Whose rows are that nobody's name stands on any more."""

First = Callable[[Actor, str, str | None], object]
"""What is done before: it is given the system actor of the realm, the person's id, and the request of the purge."""

AtOnce = Callable[["UnitOfWork", str], object]
"""What is done while the account is removed: it is given the person's id."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose rows are asked for; `addresses` are the e-mail and the proved phone that letters went to."""

    realm: str
    id: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonFile:
    """A file that a row stands for: what it is called, and how its bytes are read, None when they are not there."""

    name: str
    read: Callable[[], bytes | None]


@dataclass(frozen=True)
class Exported:
    """What the export of a person has of a table, in a file of this name.

    `own`: a row is the person's where one of these attributes is the id; or `where` says which rows are. Hidden columns
    are left out but those named in `also`, and so are the attributes in `without`: others' data, and how we work.
    `file`: the file that a row stands for."""

    name: str
    own: tuple[str, ...] = ()
    where: Callable[[Person], ColumnElement[bool]] | None = None
    also: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    file: Callable[[Any], PersonFile] | None = None


@dataclass(frozen=True)
class PersonRows:
    """The rows of one table that name people, what the export has of them, and what becomes of them.

    ERASED: they are removed. ANONYMOUS: the name becomes NOBODY. KEPT: others need them, as `why` says; the id leads to
    no account any more. EXPIRING: they end by the clock, as `why` says. `people` is attribute → what else is blanked
    with it; `first` is done before, in transactions of its own; `at_once` in the very transaction that removes the
    account. `export` says why where it is nothing."""

    model: type[Base]
    fate: str
    people: Mapping[str, Mapping[str, Any]]
    why: str = ""
    first: First | None = field(default=None, compare=False)
    export: Exported | str = ""
    at_once: AtOnce | None = field(default=None, compare=False)

    def forget(self, actor: Actor, user_id: str, cause: str | None) -> None:
        """Do to the rows of this person what is declared, in one transaction; a second time finds nothing.

        The same id may be another person's in another realm: only rows of the actor's realm are met."""
        from app.data.unit_of_work import unit_of_work

        if getattr(self.model, "__realm__", actor.realm) != actor.realm:
            return
        if self.first is not None:
            self.first(actor, user_id, cause)
        if not (statements := self._statements(actor.realm, user_id)):
            return
        with unit_of_work(actor, request_id=cause) as work:
            if len(self.people) > 1:
                lock_in_order(work, self.model, or_(*(getattr(self.model, name) == user_id for name in self.people)))
            for statement in statements:
                work.execute(statement)
            if issubclass(self.model, Entity):
                work.invalidate(version_key(self.model))
            work.commit()

    def _statements(self, realm: str, user_id: str) -> list[Executable]:
        in_realm = [self.model.realm == realm] if hasattr(self.model, "realm") else []
        columns = {name: getattr(self.model, name) for name in self.people}
        if self.fate == ERASED:
            return [delete(self.model).where(*in_realm, or_(*(column == user_id for column in columns.values())))]
        said = {name: {**blanks, **self._nameless(name)} for name, blanks in self.people.items()}
        return [update(self.model).where(*in_realm, columns[name] == user_id).values(values)
                for name, values in said.items() if values]

    def _nameless(self, name: str) -> dict[str, Any]:
        if self.fate != ANONYMOUS:
            return {}
        is_owner = issubclass(self.model, Entity) and self.model.__owner__ == name
        return {name: NOBODY, "owner": NOBODY} if is_owner else {name: NOBODY}


class PersonTables(tuple[PersonRows, ...]):
    """All that the services of one application declare."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What others wait for from a person: `owed`, given the realm and the person's id, says it, a sentence each.

    `of_staff`: it is what staff look into. The person reads it only when nothing else stands in the way, so that
    asking again does not tell whenever somebody reports him."""

    owed: Callable[[str, str], Sequence[str]]
    of_staff: bool = False


MOST_OBLIGATIONS = 5
"""How many of one kind are named."""


class Obligations(tuple[Obligation, ...]):
    """What all services of one application ask before somebody is erased."""


def rows_of_people(model: type[Base], fate: str, *people: str, export: Exported | str, why: str = "",
                   first: First | None = None, at_once: AtOnce | None = None,
                   blanks: Mapping[str, Mapping[str, Any]] | None = None) -> PersonRows:
    """Return the declaration of one table: its attributes that name people, and what is blanked with each.

    `export`: what a person's export has of it, or why it has nothing."""
    said = blanks or {}
    return PersonRows(model, fate, {name: said.get(name, {}) for name in people}, why, first, export,
                      at_once)


def exported(name: str, *own: str, **more: Any) -> Exported:
    """Return what the export has of a table: rows of which one of these attributes is the person's id."""
    return Exported(name, own, **more)


def lock_in_order(work: "UnitOfWork", model: type[Base], which: ColumnElement[bool]) -> None:
    """Lock rows that name two people in the order of their keys, before anything is done to them: two people who are
    purged at once, and stand in each other's rows, wait for one another and do not deadlock."""
    rows = select(literal_column("1")).select_from(model).where(which).order_by(
        *inspect(model).primary_key).with_for_update().subquery()
    work.execute(select(func.count()).select_from(rows))


def forget_at_once(work: "UnitOfWork", tables: Iterable[PersonRows], user_id: str) -> None:
    """Do what must not wait for `forget_person`, in the transaction that removes the account."""
    for table in tables:
        if table.at_once is not None:
            table.at_once(work, user_id)


def forget_person(actor: Actor, tables: Iterable[PersonRows], user_id: str, cause: str | None) -> None:
    """Do to all rows of a person who is gone for good what their services declare, a table in a transaction.

    Not to be called in a unit of work: nobody shall wait for all tables. `cause` is the request of the purge."""
    for table in tables:
        table.forget(actor, user_id, cause)
