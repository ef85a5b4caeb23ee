"""Writes one batch of changes into a generation: looks up what is there, drops what is older, commits once."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from whoosh.fields import Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex

from app.search.fields import IndexSchema
from app.search.port import Change, Document, Removal
from app.search.whoosh.layout import whoosh_document, whoosh_tombstone
from app.search.whoosh.segments import SegmentData
from app.search.whoosh.snapshot import INDEX_NAME, Snapshot, read_snapshot

MAX_ID = 200  # characters

# Segments of about the same size are merged once there are this many, and never into one larger than the limit: a
# merge delays the writer, a segment more delays each search by some tens of microseconds.
_MERGE_AT = 8
MAX_MERGED = 8_000


class _Stored(NamedTuple):
    segment_id: str
    doc: int
    version: int
    removed: bool


class GenerationWriter:
    """Writes to one generation folder, remembering what it has loaded of it. Callers hold the writer's lock."""

    def __init__(self, path: Path, schema: IndexSchema, whoosh_schema: Schema) -> None:
        self.path = path
        self._schema = schema
        self._whoosh_schema = whoosh_schema
        self._snapshot: Snapshot | None = None

    def create(self) -> None:
        """Make the generation an empty index."""
        FileIndex.create(FileStorage(str(self.path)), self._whoosh_schema, INDEX_NAME)

    def write(self, changes: Iterable[Change]) -> int:
        """Commit a batch; returns how many changes had an effect. Whatever breaks off leaves the old state."""
        newest = _newest(changes)
        self._snapshot = read_snapshot(self.path, self._whoosh_schema, self._snapshot)
        due = [(change, stored) for change in newest if _is_due(change, stored := self._stored(change.id))]
        if not due:
            return 0
        index = FileIndex(FileStorage(str(self.path)), self._whoosh_schema, INDEX_NAME)
        writer: Any = index.writer(timeout=5.0)
        try:
            gone = {segment.segment_id(): segment for segment in writer.segments}
            for change, stored in due:
                if stored is not None:
                    gone[stored.segment_id].delete_document(stored.doc)
                fields = self._fields(change)
                if fields is not None:
                    writer.add_document(**fields)
        except BaseException:
            writer.cancel()
            raise
        writer.commit(mergetype=self._merge)
        return len(due)

    def rewrite_one(self) -> bool:
        """Write one segment anew that still has the bytes of documents that were taken out; False when none has."""
        index = FileIndex(FileStorage(str(self.path)), self._whoosh_schema, INDEX_NAME)
        writer: Any = index.writer(timeout=5.0)
        stale = [segment for segment in writer.segments if segment.deleted_count()][:1]
        if not stale:
            writer.cancel()
            return False
        writer.commit(mergetype=lambda writer, segments: self._write_anew(
            writer, [one for one in segments if one not in stale], [one for one in stale if _live(one)]))
        return True

    def _fields(self, change: Change) -> dict[str, Any] | None:
        if isinstance(change, Document):
            return whoosh_document(self._schema, change)
        return None if change.version is None else whoosh_tombstone(change.id, change.version)

    def _stored(self, id: str) -> _Stored | None:
        assert self._snapshot is not None  # noqa: S101 — set by write()
        for view in self._snapshot.segments:
            doc = view.data.doc_of(id)
            if doc is not None and doc not in view.deleted:
                version = int(view.data.versions()[doc])
                removed = version < 0
                return _Stored(view.data.id, doc, -version - 1 if removed else version, removed)
        return None

    def _merge(self, writer: Any, segments: list[Any]) -> list[Any]:
        """Whoosh merge policy. Indexes the documents anew from their source: Whoosh's own way takes twice as long."""
        return self._write_anew(writer, *choose_merge(segments))

    def _write_anew(self, writer: Any, kept: list[Any], merged: list[Any]) -> list[Any]:
        try:
            for segment in merged:
                data = SegmentData(writer.storage, self._whoosh_schema, segment)
                deleted = frozenset(segment.deleted_docs())
                for doc in range(data.size):
                    if doc not in deleted:
                        writer.add_document(**self._again(data, doc))
        except BaseException:
            _close_files(writer)
            raise
        return kept

    def _again(self, data: SegmentData, doc: int) -> dict[str, Any]:
        ids, version = data.ids(), int(data.versions()[doc])
        id = ids.values[ids.codes[doc]] or ""
        if version < 0:
            return whoosh_tombstone(id, -version - 1)
        return whoosh_document(self._schema, Document(id, version, data.document(doc)))


def _close_files(writer: Any) -> None:
    """Close what a commit that breaks off has opened: Whoosh removes these files and leaves them open."""
    for part in (writer.perdocwriter, writer.fieldwriter):
        with suppress(Exception):
            part.close()


def _newest(changes: Iterable[Change]) -> list[Change]:
    """One change per id: the highest version; a removal without version wins over everything before it."""
    newest: dict[str, Change] = {}
    for change in changes:
        if not change.id or len(change.id) > MAX_ID:
            raise ValueError(f"an id of 1 to {MAX_ID} characters is needed, not {change.id[:MAX_ID]!r}")
        before = newest.get(change.id)
        if before is None or _replaces(change, before.version):
            newest[change.id] = change
    return list(newest.values())


def _replaces(change: Change, stored_version: int | None) -> bool:
    if change.version is None or stored_version is None:
        return True
    if isinstance(change, Removal):
        return change.version >= stored_version
    return change.version > stored_version


def _is_due(change: Change, stored: _Stored | None) -> bool:
    if isinstance(change, Document):
        return stored is None or change.version > stored.version
    if stored is None or stored.removed:
        return change.version is not None and (stored is None or change.version > stored.version)
    return _replaces(change, stored.version)


def choose_merge(segments: list[Any]) -> tuple[list[Any], list[Any]]:
    """The segments that stay and those to rewrite as one: the half-dead, and the first eight or more of one size."""
    living = [segment for segment in segments if _live(segment)]
    wanted = [segment for segment in living if _live(segment) * 2 < segment.doc_count_all()]
    tiers: dict[int, list[Any]] = {}
    for segment in living:
        tiers.setdefault(_live(segment).bit_length() // 4, []).append(segment)
    wanted += next((tier for _, tier in sorted(tiers.items()) if len(tier) >= _MERGE_AT), [])
    merged: list[Any] = []
    for segment in wanted:
        if segment not in merged and sum(map(_live, [*merged, segment])) <= MAX_MERGED:
            merged.append(segment)
    # One healthy segment alone would be rewritten for nothing.
    if len(merged) == 1 and _live(merged[0]) * 2 >= merged[0].doc_count_all():
        merged = []
    return [segment for segment in living if segment not in merged], merged


def _live(segment: Any) -> int:
    return int(segment.doc_count_all() - segment.deleted_count())
