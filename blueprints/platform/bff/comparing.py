"""The copies of the views beside the function: each night, by the doctor and by an operator (docs/decisions/121).

Nobody sees a copy that is late. What is compared here saves the reading again of what changed without an event or past
the bound of one, and finds a fault of ours before it is older than a day."""
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import func, select

from app.actor import system_actor
from app.data.batches import yield_write_lock
from app.data.columns import iso
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.events.report import is_anything_on_its_way
from app.jobs.schedule import kernel_periodic
from app.runtime import runtime
from blueprints.platform.bff.models import StoredView
from blueprints.platform.bff.stored_views import (
    AT_ONCE,
    Document,
    documents_of,
    keep,
    lock_documents,
    refresh,
    stored_views,
)

COMPARE = "compare-views"
MENDS = "brings the copies of the views up to date that differ from what the function says"
_SAMPLE = 100


@dataclass
class Differences:
    """The rows of a view whose copies are not what the function says, by what is wrong with them.

    `missing` have none, `older` one of a version before, `surplus` are no rows any more; `wrong` are as new and say
    something else."""

    missing: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of each."""
        return {name: len(ids) for name, ids in vars(self).items()}


def differences(realm: str, view: str, ids: Sequence[str]) -> Differences:
    """Return what differs among these rows, or rows that there were; they are looked at in a few statements."""
    found = Differences()
    kept = {row.object_id: row for row in fetch(select(
        StoredView.object_id, StoredView.record_version, StoredView.parts_version, StoredView.document).where(
        StoredView.realm == realm, StoredView.view == view, StoredView.object_id.in_(ids)))}
    for one in documents_of(realm, view, ids):
        copy = kept.pop(one.object_id, None)
        if copy is None:
            found.missing.append(one.object_id)
        elif copy.document != one.text or copy.record_version != one.record_version:
            (found.older if _is_older(copy, one) else found.wrong).append(one.object_id)
    found.surplus.extend(kept)
    return found


def _is_older(copy: Any, one: Document) -> bool:
    """Return whether a copy says itself that it is of a version before; a refresh then takes its place."""
    kept, current = (copy.record_version, copy.parts_version), (one.record_version, one.parts_version)
    return kept < current or (kept == current and Document(
        one.object_id, copy.record_version, orjson.loads(copy.document)).marks != one.marks)


def compare(realm: str, view: str, *, mends: bool) -> Counter[str]:
    """Compare all copies of a view, `AT_ONCE` at a time, and mend what differs if it `mends`; returns how many rows
    were looked at, and how many differed in which way."""
    told = Counter(dict.fromkeys(("rows", *Differences().counts), 0))
    for ids in _in_steps(realm, view):
        found = differences(realm, view, ids)
        told.update({"rows": len(ids), **found.counts})
        if mends and any(found.counts.values()):
            refresh(realm, view, [*found.missing, *found.older, *found.surplus])
            _replace(realm, view, found.wrong)
            yield_write_lock()
    return told


def _in_steps(realm: str, view: str) -> Iterator[list[str]]:
    """Yield the ids of all rows of a view, then those of the copies that have none."""
    model = stored_views(realm)[view]
    yield from _steps(select(model.id).where(model.is_active.is_(True)), model.id)
    kept = select(StoredView.object_id).where(StoredView.realm == realm, StoredView.view == view)
    for ids in _steps(kept, StoredView.object_id):
        rows = {row.id for row in fetch(select(model.id).where(model.id.in_(ids), model.is_active.is_(True)))}
        if surplus := [one for one in ids if one not in rows]:
            yield surplus


def _steps(query: Any, id_: Any) -> Iterator[list[str]]:
    after = ""
    while ids := [row[0] for row in fetch(query.where(id_ > after).order_by(id_).limit(AT_ONCE))]:
        yield ids
        after = ids[-1]


def _replace(realm: str, view: str, ids: Sequence[str]) -> None:
    """Make copies anew that are as new as their rows, and wrong: behind their lock, so none that is newer goes."""
    if not ids:
        return
    with unit_of_work(system_actor(realm)) as work:
        keep(work, view, documents_of(realm, view, lock_documents(work, view, ids)), replaces=True)
        work.commit()


@kernel_periodic(COMPARE, hours=24)
def compare_views() -> str:
    """Compare the copies of all views with what the function says, and mend those that differ."""
    told = sum((compare(realm, view, mends=True) for realm, view in all_views()), Counter[str]())
    rows = told.pop("rows", 0)
    return f"{rows} copies compared; mended: " + (", ".join(
        f"{number} {name}" for name, number in sorted(told.items()) if number) or "none")


def all_views() -> list[tuple[str, str]]:
    """Return the views that are kept, each with its realm, of all realms that are served."""
    return [(realm, view) for realm in runtime().settings.realms for view in stored_views(realm)]


def check_views() -> tuple[str, str]:
    """Return what `flask doctor` says of the newest copies: those that are wrong, or of no row, are a fault of ours.

    What is missing or older is no fault: it is read, and mended at night."""
    behind, told = is_anything_on_its_way(), Counter[str]()
    for realm, view in all_views():
        ids = _newest(realm, view)
        told.update({"rows": len(ids), **differences(realm, view, ids).counts})
    faults = told["wrong"] + told["surplus"]
    if faults and not (behind or is_anything_on_its_way()):
        return "warn", f"{faults} of the newest {told['rows']} copies of views are not what the rows say"
    return "ok", f"of the newest {told['rows']} rows {told['missing']} have no copy yet, {told['older']} an older one"


def _newest(realm: str, view: str) -> list[str]:
    model = stored_views(realm)[view]
    rows = fetch(select(model.id).where(model.is_active.is_(True)).order_by(model.id.desc()).limit(_SAMPLE))
    kept = fetch(select(StoredView.object_id).where(StoredView.realm == realm, StoredView.view == view)
                 .order_by(StoredView.object_id.desc()).limit(_SAMPLE))
    return sorted({row[0] for row in (*rows, *kept)})


def mend_views(_operator: str) -> int:
    """Mend all copies that differ; returns how many."""
    told = sum((compare(realm, view, mends=True) for realm, view in all_views()), Counter[str]())
    return told.total() - told["rows"]


def view_figures(realm: str, view: str) -> dict[str, Any]:
    """Return how many rows a view has, how many copies are kept, and when the last was made."""
    model = stored_views(realm)[view]
    [(rows,)] = fetch(select(func.count()).select_from(model).where(model.is_active.is_(True)))
    [(kept, latest)] = fetch(select(func.count(), func.max(StoredView.refreshed_at)).where(
        StoredView.realm == realm, StoredView.view == view))
    return {"view": view, "realm": realm, "of": model.__object__, "rows": rows, "kept": kept,
            "refreshedAt": iso(latest)}
