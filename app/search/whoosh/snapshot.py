"""The state of an index at one commit, shared by all threads of a process and replaced when a newer one appears."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from whoosh.fields import Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from app.search.fields import IndexSchema
from app.search.port import IndexNeedsRebuild
from app.search.whoosh.folder import Folder
from app.search.whoosh.layout import whoosh_schema
from app.search.whoosh.segments import SegmentData

logger = logging.getLogger(__name__)

INDEX_NAME = "MAIN"
CHECK_EVERY = 0.2  # seconds between looks at the folder
# A folder's time stamp moves in ticks of the kernel clock; a change within the same tick would go unseen.
_SETTLED = 0.05
_ATTEMPTS = 8
_PAUSE = 0.005  # seconds before the second attempt, growing with each
_MANY, _REMEMBERED = 1_000, 32  # ids that are remembered, and how many times so many
_BROKEN_FOR = 1.0  # seconds for which a broken index is not tried again


class IndexOutdated(IndexNeedsRebuild):
    """The folder is sound but was written under another description of the fields."""


class IndexMissing(IndexNeedsRebuild):
    """There is no index yet."""


class SegmentView:
    """A segment with the documents of it that count in this snapshot."""

    def __init__(self, data: SegmentData, deleted: frozenset[int]) -> None:
        self.data = data
        self.deleted = deleted
        gone = deleted.union(data.removed())
        self.live = data.size - len(gone)
        self._alive: bytearray | None = None
        if gone:
            self._alive = bytearray(b"\x01") * data.size
            for doc in gone:
                self._alive[doc] = 0

    @property
    def alive(self) -> bytearray | None:
        """One byte per document, 0 where it is gone; None when all are there."""
        return self._alive


class Snapshot:
    """One generation of a Whoosh index, never changed once made."""

    def __init__(self, path: Path, generation: int, segments: tuple[SegmentView, ...],
                 described: IndexSchema | None = None) -> None:
        self.path = path
        self.described = described
        """What it was written under, for who asks more of it than words."""
        self.generation = generation
        self.segments = segments
        self.documents = sum(segment.live for segment in segments)
        self._ids: dict[str, list[str]] = {}

    def ids_once(self, asked: str, find: Callable[[], list[str]]) -> list[str]:
        """Return what `find` finds in this snapshot, from the second time on without looking where it was much: `asked`
        says all of the question. Raises what `find` raises."""
        known = self._ids.get(asked)
        if known is None:
            known = find()
            if len(known) >= _MANY:
                if len(self._ids) >= _REMEMBERED:
                    self._ids = {}
                self._ids[asked] = known
        return [*known]


def read_snapshot(path: Path, schema: Schema, known: Snapshot | None = None,
                  described: IndexSchema | None = None) -> Snapshot:
    """The newest state in a generation folder, reusing what `known` has already loaded."""
    storage = _Files(str(path))
    try:
        return _read(storage, path, schema, known, described)
    except BaseException:
        storage.close_opened()
        raise


def _read(storage: FileStorage, path: Path, schema: Schema, known: Snapshot | None,
          described: IndexSchema | None) -> Snapshot:
    toc = TOC.read(storage, INDEX_NAME, schema=schema)
    loaded = {view.data.id: view for view in known.segments} if known and known.path == path else {}
    views = []
    for segment in toc.segments:
        deleted = frozenset(segment.deleted_docs())
        view = loaded.get(segment.segment_id())
        if view is None:
            view = SegmentView(SegmentData(storage, schema, segment), deleted)
        elif view.deleted != deleted:
            view = SegmentView(view.data, deleted)
        views.append(view)
    return Snapshot(path, toc.generation, tuple(views), described)


class _Files(FileStorage):
    """Whoosh leaves the files open that it stumbles over; a broken index must not eat up file handles."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._opened: list[Any] = []

    def open_file(self, name: str, **options: Any) -> Any:
        """Opens a file and remembers it."""
        opened = super().open_file(name, **options)
        self._opened.append(opened)
        return opened

    def close_opened(self) -> None:
        """Closes what is still open."""
        for opened in self._opened:
            if not opened.is_closed:
                opened.close()


class Reader:
    """Keeps the newest snapshot of a folder at hand; one per process and index."""

    def __init__(self, folder: Folder, schema: IndexSchema) -> None:
        self._folder = folder
        self._schema = schema
        self._described, self._whoosh_schema = schema, whoosh_schema(schema)
        self._snapshot: Snapshot | None = None
        self._seen: tuple[str, int] | None = None
        self._next_look = 0.0
        self._forced = False
        self._broken: tuple[float, str] | None = None
        self._lock = threading.Lock()

    def snapshot(self) -> Snapshot:
        """The snapshot to search in; looks for a newer one every 200 ms. Raises IndexNeedsRebuild."""
        held = self._snapshot
        forced = self._forced
        if held is not None and not forced and time.monotonic() < self._next_look:
            return held
        # While one thread loads, the others go on with what they have, unless they asked for the newest.
        if not self._lock.acquire(blocking=forced or held is None):
            return held  # type: ignore[return-value]
        try:
            return self._look()
        finally:
            self._lock.release()

    def refresh(self) -> None:
        """Let the next search look whether there is something newer, and wait for it."""
        self._forced, self._broken = True, None

    def forget(self) -> None:
        """Drop what is loaded, because it proved damaged."""
        with self._lock:
            self._snapshot, self._seen, self._next_look = None, None, 0.0

    def _look(self) -> Snapshot:
        if self._broken is not None and time.monotonic() < self._broken[0]:
            raise IndexNeedsRebuild(self._broken[1])
        try:
            return self._persistently()
        except IndexNeedsRebuild as error:
            self._snapshot, self._broken = None, (time.monotonic() + _BROKEN_FOR, str(error))
            raise

    def _persistently(self) -> Snapshot:
        # A writer or a swap may take files away between two reads of ours: that passes, damage stays.
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._load_if_changed()
            except IndexNeedsRebuild:
                raise
            except Exception as error:
                logger.debug("index %s moved while it was opened: %r", self._folder.path.name, error)
                time.sleep(_PAUSE * attempt)
        try:
            return self._load_if_changed()
        except IndexNeedsRebuild:
            raise
        except Exception as error:
            raise IndexNeedsRebuild(f"index {self._folder.path.name} is damaged: {error!r}") from error

    def _load_if_changed(self) -> Snapshot:
        self._forced = False
        self._next_look = time.monotonic() + CHECK_EVERY
        current = self._folder.current()
        if current is None:
            raise IndexMissing(f"index {self._folder.path.name} does not exist")
        changed_at = current.stat().st_mtime_ns
        held = self._snapshot
        if held is not None and self._seen == (current.name, changed_at):
            return held
        if held is None or held.path != current:
            self._described = self._description(current)
            self._whoosh_schema = whoosh_schema(self._described)
        self._snapshot = read_snapshot(current, self._whoosh_schema, held, self._described)
        settled = time.time_ns() - changed_at > _SETTLED * 1e9
        self._seen = (current.name, changed_at) if settled else None
        return self._snapshot

    def _description(self, generation: Path) -> IndexSchema:
        """What the served generation was written under: the description of before until it is written anew (FD-10)."""
        written = self._folder.description(generation, self._schema)
        if written is None:
            raise IndexOutdated(f"index {self._folder.path.name} was written under another description")
        return written
