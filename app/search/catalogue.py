"""The indexes of this installation: each is declared by the service that owns its truth, and mended from it."""
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.events.subscriptions import Subscription
from app.events.topics import db_topic
from app.jobs.schedule import kernel_periodic
from app.jobs.wakeup import wake
from app.runtime import runtime
from app.search.fields import IndexSchema
from app.search.port import (
    Change,
    Condition,
    Document,
    IndexBusy,
    IndexNeedsRebuild,
    RebuildSource,
    Removal,
    SearchIndex,
    SearchQuery,
)
from app.search.synonyms import synonyms_file
from app.search.weights import weighted

if TYPE_CHECKING:
    from app.search.rows import IndexedRows

log = logging.getLogger("guildhall.search")

REPAIR = "repair-search-indexes"
INDEX_MEND = "brings the documents that differ up to date, or rebuilds an index that cannot be read"
Progress = Callable[[int, int], None]
_BATCH = 500
_VERBS = ("created", "updated", "deleted")


@dataclass(frozen=True)
class DeclaredIndex:
    """One index and where its documents come from.

    `prepare` brings the source itself up to date first, when the source is derived too. `present` returns the documents
    of those ids that belong in the index now: for an index that `bring_up_to_date` feeds. Such an index is one of
    `rows`, whose object is searched by it; ValueError where they are missing."""

    schema: IndexSchema
    source: RebuildSource
    prepare: Callable[[Progress], int] | None = None
    present: Callable[[Sequence[str]], list[Document]] | None = None
    every_login_reads: bool = False
    """Whether every login may read all that it holds: only then its words are suggested and correct others (FD-5)."""
    rows: "IndexedRows | None" = None
    """The rows that it has, of the data object that is searched by it."""

    def __post_init__(self) -> None:
        """Refuse an index that is fed by ids of nobody knows what."""
        if self.present is not None and self.rows is None:
            raise ValueError(f"the index {self.schema.name} is fed by ids, and names no rows")

    @property
    def fed(self) -> Subscription | None:
        """What feeds it: the dbevents of its rows, for an index that `bring_up_to_date` feeds."""
        if self.present is None or self.rows is None:
            return None
        name, of = self.schema.name, self.rows.model
        topics = (db_topic(of.__realm__, of.__service__, of.__object__, verb) for verb in _VERBS)
        return Subscription(f"search.{name}", frozenset(topics), batch_handler=lambda events: bring_up_to_date(
            name, [event.key for event in events]))

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
    opened = runtime().own(OpenIndexes, lambda _: OpenIndexes())
    if name not in opened:
        from app.search.whoosh.index import WhooshIndex

        folder = runtime().settings.home / "search"
        schema = weighted(declared_indexes()[name].schema)
        opened[name] = WhooshIndex(folder, schema, on_broken=lambda reason: _call_for_repair(name),
                                   synonyms=synonyms_file().current)
    return opened[name]


def suggestions(name: str, text: str, conditions: Sequence[Condition]) -> list[str]:
    """Return what a text that is being typed may become, likeliest first; the conditions leave out what the caller does
    not see. Nothing from an index that not every login may read (FD-5)."""
    if not declared_indexes()[name].every_login_reads:
        return []
    return search_index(name).suggest(text, conditions)


def check_index(name: str) -> tuple[str, str]:
    """Return what `flask doctor` says of an index: search answers from the database while it is not ready."""
    state = search_index(name).status()
    if state.state != "ready":
        return "warn", f"{state.state}: {state.reason} (flask index rebuild)"
    from app.events.report import is_anything_on_its_way  # to say how an index stands, the outbox is not read

    behind = is_anything_on_its_way()  # before, too: what is delivered while it compares makes a difference of before
    if (differing := differing_documents(name)) and not (behind or is_anything_on_its_way()):
        return "warn", f"{differing} of {state.documents} documents are not what the database says"
    return "ok", f"{state.documents} documents"


def mend_index(name: str, _operator: str) -> int:
    """Bring up to date what differs, or rebuild an index that cannot be read; returns how many documents.

    Raises IndexBusy while it is rebuilt."""
    return reconcile_index(name) if search_index(name).status().state == "ready" else rebuild_index(name)


def differing_documents(name: str) -> int:
    """Return how many documents are missing, outdated or surplus in an index; it reads every one of the source."""
    surplus, differing = dict(search_index(name).versions()), 0
    for document in declared_indexes()[name].source.documents(None):
        differing += surplus.pop(document.id, 0) < document.version
    return differing + len(surplus)


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


def apply_or_rebuild(name: str, changes: list[Change]) -> None:
    """Write changes; an index that cannot take them is rebuilt from its source, which holds them already."""
    index, declared = search_index(name), declared_indexes()[name]
    try:
        index.apply(changes)
    except IndexNeedsRebuild as error:
        log.warning("index %s is rebuilt: %s", name, error)
        index.rebuild(declared.source)
    runtime().cache_versions.invalidate(declared.version_key)


def bring_up_to_date(name: str, ids: Iterable[str]) -> None:
    """Write into an index what belongs there now of these ids, and take the others out; call it after the commit.

    A document may leave and come back without a new version, when what decides is not its own row. So the truth is read
    again behind each write: of two who bring up the same id at once, whoever writes last has seen the latest state."""
    read = declared_indexes()[name].present
    if read is None:
        raise ValueError(f"index {name} is not fed by ids")
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), _BATCH):
        some = wanted[start:start + _BATCH]
        written: dict[str, Document] | None = None
        while (now := {document.id: document for document in read(some)}) != written:
            apply_or_rebuild(name, [now[id] if id in now else Removal(id) for id in some])
            written = now


def look_again(name: str, *which: Condition) -> None:
    """Bring up to date what an index has under these conditions: rows that changed without events and versions."""
    index = search_index(name)
    index.refresh()  # another process may have written the words a moment ago
    ids = index.ids(SearchQuery(filters=which))
    if ids is None:  # a rebuild that has begun before may hold them: IndexBusy, and this is tried again behind it
        rebuild_index(name, resume=False)
    elif ids:
        apply_or_rebuild(name, [Removal(id) for id in ids])
        bring_up_to_date(name, ids)


def reconcile_index(name: str) -> int:
    """Compare every id and version with the source and mend the difference; returns how many documents differed."""
    index, declared = search_index(name), declared_indexes()[name]
    surplus = dict(index.versions())
    differing: list[Change] = []
    mended = 0
    for document in declared.source.documents(None):
        if surplus.pop(document.id, 0) < document.version:
            differing.append(document)
        if len(differing) >= _BATCH:
            mended += _mend(name, differing)
            differing = []
    mended += _mend(name, differing)
    # What appeared in the index since its versions were read is not among them, so nothing new is taken out.
    mended += _mend(name, [Removal(id, version) for id, version in surplus.items()])
    if mended:
        runtime().cache_versions.invalidate(declared.version_key)
    return mended


def _mend(name: str, changes: list[Change]) -> int:
    if declared_indexes()[name].present is None:
        return search_index(name).apply(changes)
    bring_up_to_date(name, [change.id for change in changes])
    return len(changes)


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


@kernel_periodic("compact-indexes", days=7)
def compact_search_indexes() -> str:
    """Remove from the disk what was taken out of the indexes: it may be the words of who is gone for good."""
    report = []
    for name in sorted(declared_indexes()):
        try:
            report.append(f"{name}: {search_index(name).compact()} segments written anew")
        except (IndexBusy, IndexNeedsRebuild) as error:
            report.append(f"{name}: {error}")
    return ", ".join(report) or "no index is declared"
