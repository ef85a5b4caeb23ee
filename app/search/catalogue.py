"""The indexes of this installation: each is declared by the service that owns its truth, and mended from it."""
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.jobs.schedule import kernel_periodic
from app.jobs.wakeup import wake
from app.runtime import runtime
from app.search.fields import IndexSchema
from app.search.port import IndexBusy, IndexNeedsRebuild, RebuildSource, Removal, SearchIndex
from app.search.whoosh.index import WhooshIndex

log = logging.getLogger("guildhall.search")

REPAIR = "repair-search-indexes"
Progress = Callable[[int, int], None]
_BATCH = 500


@dataclass(frozen=True)
class DeclaredIndex:
    """One index and where its documents come from.

    `prepare` brings the source itself up to date first, when the source is derived too."""

    schema: IndexSchema
    source: RebuildSource
    prepare: Callable[[Progress], int] | None = None

    @property
    def version_key(self) -> str:
        """Return the version key that cached answers made from this index stand under."""
        return f"search:{self.schema.name}"


class Indexes(dict[str, DeclaredIndex]):
    """The indexes of one application, by name."""


def declared_indexes() -> dict[str, DeclaredIndex]:
    """Return the indexes by name."""
    return runtime().part(Indexes)


class OpenIndexes(dict[str, SearchIndex]):
    """The indexes one application has opened, by name."""


def search_index(name: str) -> SearchIndex:
    """Return this process's one instance of the index called `name`."""
    opened = runtime().part(OpenIndexes)
    if name not in opened:
        folder = runtime().settings.home / "search"
        schema = declared_indexes()[name].schema
        opened[name] = WhooshIndex(folder, schema, on_broken=lambda reason: _call_for_repair(name))
    return opened[name]


def _call_for_repair(name: str) -> None:
    log.warning("index %s is rebuilt soon", name)
    wake(REPAIR)


def rebuild_index(name: str, *, progress: Progress = lambda done, total: None, resume: bool = True) -> int:
    """Write an index anew from its source, prepared before; returns the number of documents. Raises IndexBusy."""
    declared = declared_indexes()[name]
    if declared.prepare is not None:
        declared.prepare(progress)
    written = search_index(name).rebuild(declared.source, progress=progress, resume=resume)
    runtime().cache_versions.invalidate(declared.version_key)
    return written


def apply_or_rebuild(name: str, changes: list[Any]) -> None:
    """Write changes; an index that cannot take them is rebuilt from its source, which holds them already."""
    index, declared = search_index(name), declared_indexes()[name]
    try:
        index.apply(changes)
    except IndexNeedsRebuild as error:
        log.warning("index %s is rebuilt: %s", name, error)
        index.rebuild(declared.source)
    runtime().cache_versions.invalidate(declared.version_key)


def reconcile_index(name: str) -> int:
    """Compare every id and version with the source and mend the difference; returns how many documents differed."""
    index, declared = search_index(name), declared_indexes()[name]
    surplus = dict(index.versions())
    differing: list[Any] = []
    mended = 0
    for document in declared.source.documents(None):
        if surplus.pop(document.id, 0) < document.version:
            differing.append(document)
        if len(differing) >= _BATCH:
            mended += index.apply(differing)
            differing = []
    mended += index.apply(differing)
    # What appeared in the index since its versions were read is not among them, so nothing new is taken out.
    mended += index.apply([Removal(id, version) for id, version in surplus.items()])
    if mended:
        runtime().cache_versions.invalidate(declared.version_key)
    return mended


@kernel_periodic(REPAIR, hours=24)
def repair_search_indexes() -> str:
    """Rebuild search indexes that cannot be read, mend those that differ from the database."""
    report = []
    for name, declared in sorted(declared_indexes().items()):
        try:
            if search_index(name).status().state == "ready":
                report.append(f"{name}: {reconcile_index(name)} mended")
            else:
                written = search_index(name).rebuild(declared.source)
                runtime().cache_versions.invalidate(declared.version_key)
                report.append(f"{name}: rebuilt, {written} documents")
        except (IndexBusy, IndexNeedsRebuild) as error:
            report.append(f"{name}: {error}")
    return "; ".join(report) or "no index is declared"
