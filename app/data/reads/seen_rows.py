"""What an actor may see of an object beside the rows that point at it, said once: to lend the rows, and to tell without
reading them which of them there are now, and in which version (docs/decisions/121)."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, literal_column, select, union_all

from app.actor import Actor
from app.data.connections import reading
from app.data.entity import Entity
from app.data.held import STRANGER, Viewer, shown_in_sql
from app.data.reads.lists import rows_by_id
from app.data.serialization import Wire

Conditions = Callable[[Actor], Iterable[ColumnElement[bool]]]
Mark = Callable[[Any], ColumnElement[str]]
"""Makes of a model the column that says in which version its row is shown: its recordVersion as text, then, behind a
colon, what is shown of it and is not counted by that."""


def record_version(model: Any) -> ColumnElement[str]:
    """Return the recordVersion of a row as its mark."""
    return cast(model.record_version, String)


@dataclass(frozen=True, slots=True)
class SeenRows:
    """The active rows of an object that an actor may see: called with ids, it lends them in one statement.

    `where` is the rule, `viewer` as who he looks at what is held; `as_of_now` shows of rows what the clock has changed,
    which the `mark` says, too."""

    model_in: Callable[[str], type[Entity]]
    where: Conditions = lambda actor: ()
    viewer: Callable[[Actor], Viewer] = lambda actor: STRANGER
    as_of_now: Callable[[Iterable[Wire]], object] = lambda rows: None
    mark: Mark = record_version

    def __call__(self, actor: Actor, ids: Iterable[str | None]) -> dict[str, Wire]:
        """Return id → wire row of those among the ids."""
        rows = rows_by_id(self.model_in(actor.realm), ids, *self.where(actor), viewer=self.viewer(actor))
        self.as_of_now(rows.values())
        return rows

    def marks(self, actor: Actor, name: str, ids: Iterable[str], *, every: bool = False) -> Select[Any]:
        """Return the statement (name, id, mark) of those among the ids; `every`: of all that there are."""
        model = self.model_in(actor.realm)
        seen = () if every else (model.is_active.is_not(False), *shown_in_sql(model, self.viewer(actor)),
                                 *self.where(actor))
        columns: list[Any] = [literal_column(f"'{name}'"), model.id, self.mark(model)]
        return select(*columns).where(model.id.in_(list(ids)), *seen)


def seen_rows(model: type[Entity], where: Conditions, **more: Any) -> SeenRows:
    """Return the rows of one model that an actor may see; see SeenRows."""
    return SeenRows(lambda realm: model, where, **more)


def marks_of(actor: Actor, wanted: Sequence[tuple[str, SeenRows, Iterable[str]]], *, every: bool = False
             ) -> Mapping[str, Mapping[str, str]]:
    """Return object → id → mark of what the actor may see now of these objects, in one statement for all of them."""
    found: dict[str, dict[str, str]] = {name: {} for name, _, _ in wanted}
    if not wanted:
        return found
    statement = union_all(*(seen.marks(actor, name, ids, every=every) for name, seen, ids in wanted))
    with reading() as connection:
        for name, id_, mark in connection.execute(statement):
            found[name][id_] = mark
    return found
