"""The copies of the views: of each row what it points at, as the system sees it (docs/decisions/121).

A copy may be late and is never wrong: of it only those parts are shown whose version is the current one, to whom may
see them now. Whatever else is asked of the function, which is the truth (app/data/reads/joins.py)."""
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, String, and_, bindparam, delete, insert, literal, or_, select, union

from app.actor import Actor, system_actor
from app.clock import now
from app.data.connections import reading
from app.data.entity import Entity
from app.data.held import Viewer
from app.data.holdings import holdings
from app.data.reads import rows_by_id
from app.data.reads.joins import Copies, JoinTarget, PointedAt, Wanted
from app.data.reads.prepared import among, fetch_prepared, is_among
from app.data.reads.seen_rows import marks_of
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import prepared_upsert
from app.data.visibility import read_objects
from blueprints.platform.bff.models import StoredView, StoredViewPart
from blueprints.platform.bff.views import views_of

AT_ONCE = 200
"""How many documents one transaction writes."""
_EVERYTHING = Viewer(is_staff=True)
_KEY = (StoredView.realm, StoredView.view, StoredView.object_id)


def stored_views(realm: str) -> Mapping[str, type[Entity]]:
    """Return the views of a realm that are kept, with the model of their rows: those whose rows point at something."""
    models = {view: read_objects().get(realm, name).model for view, name in views_of(realm).items()}
    return {view: model for view, model in models.items() if kept_targets(model)}


def kept_targets(model: type[Entity]) -> dict[str, JoinTarget]:
    """Return the parts of an object that are kept, by the names of their relations: those that a version proves."""
    return {relation.shown_as: target for relation, target in holdings().joins.of(model)
            if target.proof is not None and not relation.by_query}


# --- what is read of them ---


def copies_of(actor: Actor, view: str, model: type[Entity], rows: Sequence[Wire]) -> Copies:
    """Return what the documents of these rows have for the actor now, in two statements however many kinds of parts
    are asked for: the documents, and which of their parts he may see now in which version."""
    def copies(wanted: Wanted) -> Mapping[str, Mapping[str, Wire | None]]:
        targets = {target.object: target for target, _ in wanted if target.proof is not None}
        kept = _parts_kept(actor.realm, view, model, rows)
        named = {target.object: kept.get(target.object, {}).keys() & ids for target, ids in wanted}
        marks = marks_of(actor, [(name, target.proof, named[name])
                                 for name, target in targets.items() if target.proof is not None and named[name]])
        return {name: _current(targets[name].fields_in(actor.realm), {id_: kept[name][id_] for id_ in ids},
                               marks.get(name, {})) if ids else {} for name, ids in named.items()}
    return copies


def _current(fields: tuple[str, ...], kept: Mapping[str, "_Part"], marks: Mapping[str, str]) -> dict[str, Wire | None]:
    """Return id → what is shown of the parts that are as they are kept; None of those that are not for the caller."""
    found: dict[str, Wire | None] = {}
    for id_, part in kept.items():
        mark, shown = marks.get(id_), part["shown"]
        if mark is None:
            found[id_] = None
        elif mark == part["mark"] and shown is not None and tuple(shown) == fields:
            found[id_] = shown
    return found


_Part = dict[str, Any]


def _parts_kept(realm: str, view: str, model: type[Entity], rows: Sequence[Wire]) -> dict[str, dict[str, _Part]]:
    """Return object → id → part of all documents of these rows; of two that differ any, which its version proves."""
    values = among([row["id"] for row in rows])
    with reading() as connection:
        found = fetch_prepared(connection, _documents(len(values)), {**values, "realm": realm, "view": view})
    targets, parts = kept_targets(model), dict[str, dict[str, _Part]]()
    for (document,) in found:
        for name, said in orjson.loads(document).items():
            if name in targets:
                kept = parts.setdefault(targets[name].object, {})
                kept.update((part["id"], part) for part in (said if isinstance(said, list) else (said,)))
    return parts


@cache
def _documents(count: int) -> Select[Any]:
    return select(StoredView.document).where(
        StoredView.realm == bindparam("realm", type_=String), StoredView.view == bindparam("view", type_=String),
        is_among(StoredView.object_id, count))


# --- how they are made and kept ---


@dataclass
class Document:
    """What a view adds to one row, as it is kept: by the name of each relation a part, or a list of parts."""

    object_id: str
    record_version: int
    document: dict[str, Any] = field(default_factory=dict)
    parts: set[tuple[str, str]] = field(default_factory=set)
    parts_version: int = 0

    @property
    def marks(self) -> set[tuple[str, str, str]]:
        """Return of each relation the ids of its parts, and in which version they are kept."""
        return {(name, one["id"], one["mark"]) for name, said in self.document.items()
                for one in (said if isinstance(said, list) else (said,))}

    @property
    def text(self) -> str:
        """Return the document as JSON."""
        return orjson.dumps(self.document).decode()

    def add(self, name: str, target: str, parts: Sequence[_Part], *, many: bool) -> None:
        """Take the parts of a relation."""
        if many or parts:
            self.document[name] = list(parts) if many else parts[0]
        self.parts.update((target, part["id"]) for part in parts)
        self.parts_version += sum(_number_of(part["mark"]) for part in parts)


def documents_of(realm: str, view: str, ids: Iterable[str]) -> list[Document]:
    """Return the documents of those among the ids that are active rows, as the function says now, in order of ids.

    Versions are read before what they stand for: a copy may say that it is older than it is, never newer."""
    actor, model = system_actor(realm), stored_views(realm)[view]
    rows = sorted(rows_by_id(model, ids, viewer=_EVERYTHING).values(), key=lambda row: str(row["id"]))
    found = [Document(row["id"], row["recordVersion"]) for row in rows]
    pointed = [one for one in holdings().joins.pointed_at(actor, model, rows) if one.target.proof is not None]
    marks = marks_of(actor, [(one.target.object, one.target.proof, one.ids)
                             for one in pointed if one.target.proof is not None and one.ids], every=True)
    for one in pointed:
        parts = _parts_now(actor, one, marks.get(one.target.object, {}))
        for relation, named in one.named:
            for document, ids_named in zip(found, named, strict=True):
                its = ids_named if relation.many else [ids_named] if ids_named else []
                document.add(relation.shown_as, one.target.object, [parts[id_] for id_ in its], many=relation.many)
    return found


def _parts_now(actor: Actor, one: PointedAt, marks: Mapping[str, str]) -> dict[str, _Part]:
    shown = one.target.shown(actor, one.ids) if one.ids else {}
    return {id_: {"id": id_, "mark": marks.get(id_, ""), "shown": shown.get(id_)} for id_ in one.ids}


def _number_of(mark: str) -> int:
    return int(mark.partition(":")[0] or 0)


def refresh(realm: str, view: str, ids: Collection[str]) -> int:
    """Bring the documents of these rows up to date, and remove those of rows that are gone; returns how many rows."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start:start + AT_ONCE]
        documents = documents_of(realm, view, some)
        if gone := set(some) - {one.object_id for one in documents}:
            with unit_of_work(system_actor(realm)) as work:  # of its own: see lock_documents
                remove(work, view, lock_documents(work, view, gone))
                work.commit()
        with unit_of_work(system_actor(realm)) as work:
            keep(work, view, documents)
            work.commit()
    return len(wanted)


def keep(work: UnitOfWork, view: str, documents: Sequence[Document], *, replaces: bool = False) -> None:
    """Keep documents of a view, in order of ids, with their parts, but none that is older than what is kept; with
    `replaces` whatever is kept, which is then locked and was compared behind the lock."""
    if not documents:
        return
    realm, moment = work.actor.realm, now()
    kept = work.execute(prepared_upsert(StoredView, _whatever_is_kept if replaces else _unless_older), [{
        "realm": realm, "view": view, "object_id": one.object_id, "record_version": one.record_version,
        "parts_version": one.parts_version, "document": one.text, "refreshed_at": moment} for one in documents])
    taken = {row.object_id for row in kept}
    _keep_parts(work, view, {one.object_id: one.parts for one in documents if one.object_id in taken})


def _unless_older(statement: Any) -> Any:
    said, kept = statement.excluded, StoredView.__table__.c
    return _whatever_is_kept(statement, where=or_(kept.record_version < said.record_version, and_(
        kept.record_version == said.record_version, kept.parts_version <= said.parts_version)))


def _whatever_is_kept(statement: Any, where: ColumnElement[bool] | None = None) -> Any:
    set_ = {name: statement.excluded[name] for name in ("record_version", "parts_version", "document", "refreshed_at")}
    return statement.on_conflict_do_update(index_elements=_KEY, where=where, set_=set_).returning(
        StoredView.__table__.c.object_id)


def _keep_parts(work: UnitOfWork, view: str, parts: Mapping[str, set[tuple[str, str]]]) -> None:
    """Say which parts documents show, behind their locks. Mostly they are the same as before: nothing is written."""
    row, realm = StoredViewPart, work.actor.realm
    known = {(one.object_id, one.part, one.part_id) for one in work.rows(select(
        row.object_id, row.part, row.part_id).where(*_of(row, realm, view, parts)))}
    said = {(object_id, *one) for object_id, its in parts.items() for one in its}
    if gone := sorted({object_id for object_id, _, _ in known - said}):
        work.execute(delete(row).where(*_of(row, realm, view, gone)))
    if new := sorted(one for one in said if one not in known or one[0] in gone):
        work.execute(insert(row), [{"realm": realm, "view": view, "object_id": object_id, "part": part,
                                    "part_id": part_id} for object_id, part, part_id in new])


def lock_documents(work: UnitOfWork, view: str, ids: Collection[str]) -> list[str]:
    """Lock the documents of these rows in the order of their ids; returns the ids of those that there are.

    A transaction of one view writes each document once, in this order: whoever would remove some and then keep others
    would deadlock with who has made one of these meanwhile."""
    return [row.object_id for row in work.rows(select(StoredView.object_id).where(
        *_of(StoredView, work.actor.realm, view, ids)).order_by(StoredView.object_id).with_for_update())]


def remove(work: UnitOfWork, view: str, ids: Collection[str]) -> None:
    """Remove the documents of these rows."""
    if ids:
        for table in (StoredView, StoredViewPart):
            work.execute(delete(table).where(*_of(table, work.actor.realm, view, ids)))


def _of(table: type[StoredView] | type[StoredViewPart], realm: str, view: str, ids: Collection[str]
        ) -> tuple[ColumnElement[bool], ...]:
    return table.realm == realm, table.view == view, table.object_id.in_(sorted(ids))


def forget(work: UnitOfWork, user_id: str) -> None:
    """Remove all documents that show a person, or one of the rows that are his or name him, in the transaction that
    removes the account: a copy keeps no word for longer than its row. The next comparison makes them anew from what is
    left."""
    part, showing = StoredViewPart, defaultdict[str, set[str]](set)
    for view, object_id in work.rows(select(part.view, part.object_id).where(
            part.realm == work.actor.realm, part.part_id.in_(_his_rows(work.actor.realm, user_id)))):
        showing[view].add(object_id)
    for view in sorted(showing):
        ids = sorted(showing[view])
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start:start + AT_ONCE]
            remove(work, view, lock_documents(work, view, some))


def _his_rows(realm: str, user_id: str) -> Any:
    """Return the query of a person's id, of the rows whose documents show him, and of the parts that are his own.

    Each is a range of an index; with `or_`, or DISTINCT, databases would walk all parts of the realm."""
    part = StoredViewPart
    parts = {target.proof.model_in(realm) for model in stored_views(realm).values()
             for target in kept_targets(model).values() if target.proof is not None}
    his = (select(model.id).where(getattr(model, model.__owner__) == user_id)
           for model in sorted(parts, key=lambda model: model.__tablename__) if model.__owner__)
    return union(select(literal(user_id)), select(part.object_id).where(
        part.realm == realm, part.part_id == user_id), *his)


def forget_again(actor: Actor, user_id: str, cause: str | None) -> None:
    """Remove what a refresh that read before the purge has written behind it."""
    with unit_of_work(actor, request_id=cause) as work:
        forget(work, user_id)
        work.commit()


def showing(realm: str, view: str, part: str, part_id: str, most: int) -> list[str]:
    """Return the ids of the newest rows of a view whose documents show a part, at most so many."""
    row = StoredViewPart
    with reading() as connection:
        return list(chain.from_iterable(connection.execute(select(row.object_id).where(
            row.realm == realm, row.part_id == part_id, row.part == part, row.view == view)
            .order_by(row.object_id.desc()).limit(most))))
