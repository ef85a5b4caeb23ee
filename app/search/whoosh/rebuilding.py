"""Builds a new generation from the source of truth while the old one is served and written, then swaps them."""

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import orjson
from whoosh.fields import Schema

from app.search.fields import IndexSchema
from app.search.port import Document, RebuildSource
from app.search.whoosh.folder import Folder, read_json, write_whole
from app.search.whoosh.segments import SegmentDamaged
from app.search.whoosh.snapshot import read_snapshot
from app.search.whoosh.writing import MAX_MERGED, GenerationWriter

logger = logging.getLogger(__name__)

_REPORT_EVERY = 200  # documents between two calls of the progress callback
_JOURNAL_CHUNK = 2**20  # bytes of journal replayed per commit
_NEARLY_DONE = 2**16  # bytes of journal small enough to replay while writers wait


class Rebuild:
    """One rebuild of one index. The caller holds the rebuild's lock."""

    def __init__(self, folder: Folder, schema: IndexSchema, whoosh_schema: Schema, wait_seconds: float) -> None:
        self._folder = folder
        self._schema = schema
        self._whoosh_schema = whoosh_schema
        self._wait_seconds = wait_seconds

    def run(self, source: RebuildSource, progress: Callable[[int, int], None], resume: bool) -> int:
        """Write, catch up with what was written meanwhile, swap; returns the number of documents read."""
        generation = self._open(resume)
        writer = GenerationWriter(generation, self._schema, self._whoosh_schema)
        try:
            done = self._copy(source, writer, progress)
            offset = self._replay(writer, 0, until_below=_NEARLY_DONE)
            with self._folder.writing(self._wait_seconds):
                self._replay(writer, offset, until_below=0)
                self._folder.serve(generation)
        except SegmentDamaged as error:
            self._folder.mark_damaged(generation, str(error))
            raise
        return done

    def _open(self, resume: bool) -> Path:
        unfinished = self._folder.building()
        if resume and unfinished and self._is_sound(unfinished):
            return unfinished
        # Under the writer's lock: every batch written from here on is in the journal or was in the source before.
        with self._folder.writing(self._wait_seconds):
            self._folder.stop_building()
            generation = self._folder.new_generation(self._schema)
            GenerationWriter(generation, self._schema, self._whoosh_schema).create()
            self._folder.start_building(generation)
        return generation

    def _is_sound(self, unfinished: Path) -> bool:
        """Whether an interrupted rebuild can be gone on with; what a power failure left may be anything."""
        if self._folder.fingerprint(unfinished) != self._schema.fingerprint or self._folder.noted_damage(unfinished):
            return False
        try:
            for view in read_snapshot(unfinished, self._whoosh_schema).segments:
                view.data.check()
        except Exception as error:
            logger.warning("an unfinished rebuild of index %s is given up: %r", self._schema.name, error)
            return False
        return True

    def _copy(self, source: RebuildSource, writer: GenerationWriter, progress: Callable[[int, int], None]) -> int:
        reached = read_json(writer.path / "progress.json") or {}
        done, cursor = int(reached.get("done", 0)), reached.get("cursor")
        total = source.total()
        progress(done, total)
        documents = _reporting(source.documents(cursor), lambda read: progress(done + read, max(total, done + read)))
        while batch := list(islice(documents, MAX_MERGED)):
            writer.write(batch)
            done += len(batch)
            write_whole(writer.path / "progress.json", orjson.dumps({"done": done, "cursor": batch[-1].id}))
        progress(done, max(total, done))
        return done

    def _replay(self, writer: GenerationWriter, offset: int, until_below: int) -> int:
        while (writer.path / "journal").stat().st_size - offset > until_below:
            changes, reached = self._folder.journal(writer.path, offset, _JOURNAL_CHUNK)
            if reached == offset:
                break
            writer.write(changes)
            offset = reached
        return offset


def _reporting(documents: Iterable[Document], report: Callable[[int], None]) -> Iterator[Document]:
    for read, document in enumerate(documents, 1):
        if read % _REPORT_EVERY == 0:
            report(read)
        yield document
