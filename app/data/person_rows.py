"""What a service says of its rows that name a person, for the day that person is gone for good (decision 41).

A table that names people and is declared by nobody fails tests/platform/test_people_forgotten.py."""
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, or_, update

from app.data.changes import version_key
from app.data.entity import Base, Entity
from app.data.unit_of_work import UnitOfWork

ERASED, ANONYMOUS, KEPT, EXPIRING = "erased", "anonymous", "kept", "expiring"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Whose rows are that nobody's name stands on any more."""


@dataclass(frozen=True)
class PersonRows:
    """The rows of one table that name people, and what becomes of them.

    ERASED: they are removed. ANONYMOUS: the name becomes NOBODY. KEPT: others need them, as `why` says; the id leads to
    no account any more. EXPIRING: they end by the clock, as `why` says. `people` is attribute → what else is blanked
    with it; `first` is done before, in the same transaction."""

    model: type[Base]
    fate: str
    people: Mapping[str, Mapping[str, Any]]
    why: str = ""
    first: Callable[[UnitOfWork, str], object] | None = field(default=None, compare=False)

    def forget(self, work: UnitOfWork, user_id: str) -> None:
        """Do to the rows of this person what is declared; a second time finds nothing.

        The same id may be another person's in another realm: only rows of the actor's realm are met."""
        if getattr(self.model, "__realm__", work.actor.realm) != work.actor.realm:
            return
        in_realm = [self.model.realm == work.actor.realm] if hasattr(self.model, "realm") else []
        if self.first is not None:
            self.first(work, user_id)
            work.flush()
        columns = {name: getattr(self.model, name) for name in self.people}
        if self.fate == ERASED:
            work.execute(delete(self.model).where(
                *in_realm, or_(*(column == user_id for column in columns.values()))))
        for name, blanks in self.people.items() if self.fate in (ANONYMOUS, KEPT) else ():
            values = {**blanks, **self._nameless(name)}
            if values:
                work.execute(update(self.model).where(*in_realm, columns[name] == user_id).values(values))
        if issubclass(self.model, Entity):
            work.invalidate(version_key(self.model))

    def _nameless(self, name: str) -> dict[str, Any]:
        if self.fate != ANONYMOUS:
            return {}
        is_owner = issubclass(self.model, Entity) and self.model.__owner__ == name
        return {name: NOBODY, "owner": NOBODY} if is_owner else {name: NOBODY}


class PersonTables(tuple[PersonRows, ...]):
    """All that the services of one application declare."""


def rows_of_people(model: type[Base], fate: str, *people: str, why: str = "",
                   first: Callable[[UnitOfWork, str], object] | None = None,
                   blanks: Mapping[str, Mapping[str, Any]] | None = None) -> PersonRows:
    """Return the declaration of one table: its attributes that name people, and what is blanked with each."""
    said = blanks or {}
    return PersonRows(model, fate, {name: said.get(name, {}) for name in people}, why, first)


def forget_person(work: UnitOfWork, tables: Iterable[PersonRows], user_id: str) -> None:
    """Do to all rows of a person who is gone for good what their services declare."""
    for table in tables:
        table.forget(work, user_id)
