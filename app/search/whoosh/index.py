"""The search port on a Whoosh folder: shared reader, writer under a lock, rebuild beside the served index."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

from app.search.fields import IndexSchema
from app.search.port import (
    MOST_SUGGESTED,
    Change,
    Condition,
    IndexNeedsRebuild,
    IndexStatus,
    InvalidSearch,
    RebuildSource,
    SearchQuery,
    SearchResult,
)
from app.search.synonyms import NONE, Synonyms
from app.search.whoosh.folder import Folder, read_json
from app.search.whoosh.layout import whoosh_schema
from app.search.whoosh.rebuilding import Rebuild
from app.search.whoosh.segments import SegmentDamaged
from app.search.whoosh.snapshot import IndexMissing, IndexOutdated, Reader, Snapshot
from app.search.whoosh.writing import GenerationWriter

logger = logging.getLogger(__name__)

BATCH = 500  # documents per commit; at least 100, or commits cost more than documents
_REPORT_EVERY = 10.0  # seconds between two calls of the hook for a broken index

_OF_BEFORE = "is served under the description of before, until it is written anew"

_T = TypeVar("_T")
_Else = TypeVar("_Else")


class WhooshIndex:
    """One named index below `root`. Share one instance per process; all methods may be called from any thread.

    `on_broken` is called, at most every ten seconds, with the reason when the folder needs a rebuild.
    `wait_seconds` is how long a write waits for another process's batch, `synonyms` what words mean now.
    """

    def __init__(
        self,
        root: Path,
        schema: IndexSchema,
        *,
        on_broken: Callable[[str], None] | None = None,
        wait_seconds: float = 30.0,
        synonyms: Callable[[], Synonyms] = lambda: NONE,
    ) -> None:
        self.schema = schema
        self._folder = Folder(root / schema.name)
        self._whoosh_schema = whoosh_schema(schema)
        self._reader = Reader(self._folder, schema)
        self._writer: GenerationWriter | None = None
        self._wait_seconds = wait_seconds
        self._on_broken = on_broken
        self._synonyms = synonyms
        self._next_report = 0.0
        self._report_lock = threading.Lock()

    # Writing ---------------------------------------------------------------------------------------------------------

    def apply(self, changes: Iterable[Change]) -> int:
        """Documents and removals in order, one commit per 500, durable on return.

        Raises IndexBusy when another process writes for longer than `wait_seconds`, and IndexNeedsRebuild when there
        is nothing sound to write to; a rebuild under way takes the changes all the same.
        """
        remaining = iter(changes)
        effective = 0
        while batch := list(islice(remaining, BATCH)):
            with self._folder.writing(self._wait_seconds):
                effective += self._write(batch)
            self._reader.refresh()
        return effective

    def _write(self, batch: list[Change]) -> int:
        self._folder.note_for_rebuild(batch)
        try:
            return self._current_writer().write(batch)
        except Exception as error:
            if isinstance(error, SegmentDamaged) and self._writer is not None:
                self._folder.mark_damaged(self._writer.path, str(error))
            self._writer = None
            reason = self._damage()
            if reason is None:
                raise
            if self._folder.building() is not None:
                logger.info("index %s: %s; noted for the rebuild under way", self.schema.name, reason)
                return len(batch)
            self._report(reason)
            raise IndexNeedsRebuild(reason) from error

    def _damage(self) -> str | None:
        """What is wrong with the folder, None when it is sound."""
        status = self.status()
        return None if status.state == "ready" else status.reason

    def _current_writer(self) -> GenerationWriter:
        current = self._folder.current()
        if current is None:
            raise IndexMissing(f"index {self.schema.name} does not exist")
        if self._writer is None or self._writer.path != current:
            written = self._folder.description(current, self.schema)
            if written is None:
                raise IndexOutdated(f"index {self.schema.name} was written under another description")
            if written is not self.schema:  # it is served, so it is written, too, as it was (FD-10)
                self._report(f"index {self.schema.name} {_OF_BEFORE}")
            self._writer = GenerationWriter(current, written, whoosh_schema(written))
        return self._writer

    def compact(self) -> int:
        """Write anew, one after the other, the segments that still have the bytes of what was taken out; returns how
        many. Raises as apply."""
        rewritten = 0
        while True:
            with self._folder.writing(self._wait_seconds):
                if not self._current_writer().rewrite_one():
                    return rewritten
            self._reader.refresh()
            rewritten += 1

    def create(self) -> None:
        """Serve an empty index if there is none yet."""
        with self._folder.writing(self._wait_seconds):
            if self._folder.current() is None:
                generation = self._folder.new_generation(self.schema)
                GenerationWriter(generation, self.schema, self._whoosh_schema).create()
                self._folder.serve(generation)
        self._reader.refresh()

    # Reading ---------------------------------------------------------------------------------------------------------

    def search(self, query: SearchQuery) -> SearchResult:
        """The page asked for; empty and not `ready` when the index is broken. Raises InvalidSearch only."""
        from app.search.whoosh import ranking  # who writes an index, or says how it stands, does not search

        ranking.check(self.schema, query)
        synonyms = self._synonyms()
        return self._read(lambda schema, snapshot: ranking.run(schema, snapshot, query, synonyms),
                          SearchResult(ready=False))

    def ids(self, query: SearchQuery, most: int | None = None) -> list[str] | None:
        """The ids of all matches in order, of the first `most` where that is said; None when the index is broken.
        Raises InvalidSearch only."""
        from app.search.whoosh import ranking

        ranking.check(self.schema, query)
        synonyms = self._synonyms()

        def ask(schema: IndexSchema, snapshot: Snapshot) -> list[str]:
            def find() -> list[str]:
                return ranking.all_ids(schema, snapshot, query, synonyms, most)

            # All of them may be millions: these are not remembered.
            return find() if most is None else snapshot.ids_once(repr((query, most, synonyms.digest)), find)

        return self._read(ask, None)

    def suggest(self, text: str, conditions: Sequence[Condition] = (), most: int = MOST_SUGGESTED) -> list[str]:
        """What a text that is being typed may become; nothing when the index is broken. Raises InvalidSearch only."""
        from app.search.whoosh.suggesting import suggest

        return self._read(lambda schema, snapshot: suggest(schema, snapshot, text, conditions, most), [])

    def versions(self) -> Iterator[tuple[str, int]]:
        """Every (id, version) indexed, in no order. Raises IndexNeedsRebuild."""
        snapshot = self._reader.snapshot()
        for view in snapshot.segments:
            try:
                ids, versions, alive = view.data.ids(), view.data.versions(), view.alive
            except SegmentDamaged as error:
                self._stumbled(snapshot, error)
                raise IndexNeedsRebuild(str(error)) from error
            for doc in range(view.data.size):
                if alive is None or alive[doc]:
                    yield ids.values[ids.codes[doc]] or "", int(versions[doc])

    def refresh(self) -> None:
        """Let the next search look for what other processes have written, without waiting 200 ms."""
        self._reader.refresh()

    def _read(self, ask: Callable[[IndexSchema, Snapshot], _T], otherwise: _Else) -> _T | _Else:
        """Ask a snapshot, under the description that it was written under. While that is the one of before, what asks
        of a field that it does not have, such as who may see a document, is not answered from it (FD-10)."""
        try:
            snapshot = self._reader.snapshot()
            written = snapshot.described or self.schema
            if written is not self.schema:
                self._report(f"index {self.schema.name} {_OF_BEFORE}")
            try:
                return ask(written, snapshot)
            except InvalidSearch as error:
                if written is self.schema:
                    raise
                raise IndexOutdated(f"index {self.schema.name} {_OF_BEFORE}: {error}") from error
            except SegmentDamaged as error:
                self._stumbled(snapshot, error)
                raise IndexNeedsRebuild(str(error)) from error
        except IndexNeedsRebuild as error:
            self._report(str(error))
            return otherwise

    def _stumbled(self, snapshot: Snapshot, error: SegmentDamaged) -> None:
        """Forget what is loaded, and note the damage: whoever repairs would not find it by looking."""
        self._reader.forget()
        self._folder.mark_damaged(snapshot.path, str(error))

    def _report(self, reason: str) -> None:
        with self._report_lock:
            if time.monotonic() < self._next_report:
                return
            self._next_report = time.monotonic() + _REPORT_EVERY
        logger.warning("index %s needs a rebuild: %s", self.schema.name, reason)
        if self._on_broken is not None:
            self._on_broken(reason)

    # Rebuild and state -----------------------------------------------------------------------------------------------

    def rebuild(
        self, source: RebuildSource, *, progress: Callable[[int, int], None] | None = None, resume: bool = True
    ) -> int:
        """Write the index anew beside the served one and swap; returns the number of documents.

        An interrupted rebuild goes on where it stopped unless `resume` is False. Raises IndexBusy when one is running.
        """
        with self._folder.rebuilding():
            written = Rebuild(self._folder, self.schema, self._whoosh_schema, self._wait_seconds).run(
                source, progress or (lambda done, total: None), resume
            )
        self._reader.refresh()
        self._next_report = 0.0
        return written

    def status(self) -> IndexStatus:
        """State, size and age, read from disk."""
        building = self._folder.building()
        progress = read_json(building / "progress.json") if building else None
        done = int(progress["done"]) if progress else 0 if building else None
        try:
            self._reader.refresh()
            snapshot = self._reader.snapshot()
            for view in snapshot.segments:
                view.data.check()
            if (noted := self._folder.noted_damage(snapshot.path)) is not None:
                raise SegmentDamaged(noted)
            is_current = snapshot.described is self.schema
        except (IndexNeedsRebuild, SegmentDamaged) as error:
            return IndexStatus(self.schema.name, _state(error), rebuild_done=done, reason=str(error))
        return IndexStatus(
            self.schema.name,
            "ready" if is_current else "outdated",
            reason="" if is_current else f"index {self.schema.name} {_OF_BEFORE}",
            documents=snapshot.documents,
            segments=len(snapshot.segments),
            size_bytes=self._folder.size_bytes(),
            updated_at=datetime.fromtimestamp(snapshot.path.stat().st_mtime, UTC),
            rebuild_done=done,
        )


def _state(error: Exception) -> Literal["missing", "outdated", "damaged"]:
    if isinstance(error, IndexMissing):
        return "missing"
    return "outdated" if isinstance(error, IndexOutdated) else "damaged"
