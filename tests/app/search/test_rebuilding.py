"""A rebuild swaps in one step, loses no write, goes on after a crash, and mends a broken folder."""

import multiprocessing
import os
import random
import shutil
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from app.search import (
    Document,
    Filter,
    IndexBusy,
    IndexNeedsRebuild,
    RebuildSource,
    Removal,
    SearchQuery,
    WhooshIndex,
)
from app.search.whoosh import rebuilding
from app.search.whoosh.folder import Folder
from tests.app.search.conftest import SCHEMA, document_of, listing, source_of


def ids(index: WhooshIndex) -> list[str]:
    index.refresh()
    return sorted(id for id, _ in index.versions())


class Interrupted(Exception):
    """The rebuild's process ended."""


def interrupted_after(documents: list[Document], count: int) -> RebuildSource:
    """A source that breaks off after some documents."""

    def after(id: str | None) -> Iterator[Document]:
        for number, document in enumerate(source_of(documents).documents(id)):
            if number == count:
                raise Interrupted
            yield document

    return RebuildSource(after, lambda: len(documents))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "MAX_MERGED", 10)


def generations(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "product").glob("g-*"))


# Refusals ------------------------------------------------------------------------------------------------------------


def test_two_rebuilds_at_once_are_refused(index: WhooshIndex) -> None:
    def meanwhile(id: str | None) -> Iterable[Document]:
        with pytest.raises(IndexBusy, match=f"being rebuilt by process {os.getpid()}"):
            index.rebuild(source_of([]))
        return [listing("a")]

    assert index.rebuild(RebuildSource(meanwhile, lambda: 1)) == 1
    assert ids(index) == ["a"]


@pytest.mark.parametrize("state", ["missing", "damaged", "outdated"])
def test_a_folder_that_cannot_be_read_is_reported_answered_empty_and_mended(tmp_path: Path, state: str) -> None:
    _break(tmp_path, state)
    reasons: list[str] = []
    index = WhooshIndex(tmp_path, SCHEMA, on_broken=reasons.append)

    result = index.search(SearchQuery("phone", facets=["type"]))
    assert (result.total, result.ready) == (0, False)
    assert index.ids(SearchQuery("phone")) is None
    assert document_of(index, "a") is None
    assert index.status().state == state
    with pytest.raises(IndexNeedsRebuild):
        index.apply([listing("c")])
    assert len(reasons) == 1

    index.rebuild(source_of([listing("a"), listing("b")]))
    assert index.search(SearchQuery("phone")).total == 2
    assert index.status().state == "ready"
    assert index.apply([listing("c")]) == 1


def _break(root: Path, state: str) -> None:
    if state == "missing":
        return
    index = WhooshIndex(root, SCHEMA)
    index.create()
    index.apply([listing("a"), listing("b")])
    if state == "outdated":
        [about] = (root / "product").glob("g-*/about.json")
        about.write_text('{"fingerprint": "of a format that no release reads any more"}')
    if state == "damaged":
        [generation] = (root / "product").glob("g-*")
        for file in generation.glob("MAIN_*"):
            file.write_bytes(file.read_bytes()[:20])


@pytest.mark.parametrize("victim", ["CURRENT", "about.json", "*.toc", "MAIN_*", "g-*"])
def test_any_lost_file_is_noticed_by_a_fresh_process(index: WhooshIndex, tmp_path: Path, victim: str) -> None:
    index.apply([listing("a")])
    for file in sorted((tmp_path / "product").rglob(victim)):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    fresh = WhooshIndex(tmp_path, SCHEMA)
    assert not fresh.search(SearchQuery("phone")).ready
    assert fresh.status().state in ("missing", "damaged")
    fresh.rebuild(source_of([listing("a")]))
    assert fresh.search(SearchQuery("phone")).total == 1


def test_garbage_anywhere_in_a_segment_is_never_an_exception(index: WhooshIndex, tmp_path: Path) -> None:
    index.apply([listing(f"{number:03}", title=f"phone number{number}") for number in range(200)])
    [segment] = (tmp_path / "product").rglob("MAIN_*.seg")
    sound = segment.read_bytes()
    for seed in range(200):
        chance = random.Random(seed)
        at = chance.randrange(len(sound))
        segment.write_bytes(sound[:at] + chance.randbytes(200) + sound[at + 200 :])
        fresh = WhooshIndex(tmp_path, SCHEMA)
        for number in range(0, 200, 40):
            fresh.search(SearchQuery(f"phone number{number}", facets=["type", "tags"]))
        with suppress(IndexNeedsRebuild):
            list(fresh.versions())


def _spoil(root: Path, id: str) -> None:
    """Make one document's stored fields no JSON, which neither the columns nor the words tell."""
    for segment in (root / "product").rglob("MAIN_*.seg"):
        segment.write_bytes(segment.read_bytes().replace(f'{{"title":"Phone {id}"'.encode(), b"?" * (16 + len(id) + 1)))


def test_damage_that_only_a_search_stumbles_over_is_found_by_whoever_repairs(
        index: WhooshIndex, tmp_path: Path) -> None:
    documents = [listing("a"), listing("b")]
    index.apply(documents)
    _spoil(tmp_path, "b")
    fresh = WhooshIndex(tmp_path, SCHEMA)
    assert fresh.status().state == "ready"
    assert not fresh.search(SearchQuery("phone")).ready
    assert not fresh.search(SearchQuery(filters=[Filter("title", "phrase", "phone b")])).ready
    assert WhooshIndex(tmp_path, SCHEMA).status().state == "damaged"
    fresh.rebuild(source_of(documents))
    assert fresh.search(SearchQuery("phone")).total == 2
    assert fresh.status().state == "ready"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves its drafts open
def test_damage_that_only_a_merge_stumbles_over_asks_for_a_rebuild(index: WhooshIndex, tmp_path: Path) -> None:
    for number in range(8):
        index.apply([listing(f"{number:03}")])
    _spoil(tmp_path, "000")
    writing = WhooshIndex(tmp_path, SCHEMA)
    with pytest.raises(IndexNeedsRebuild):
        for number in range(8, 20):
            writing.apply([listing(f"{number:03}")])
    writing.rebuild(source_of([listing(f"{number:03}") for number in range(20)]))
    assert len(ids(writing)) == 20


@pytest.mark.parametrize("victim", ["*.toc", "MAIN_*.seg"])
def test_an_unfinished_rebuild_that_is_damaged_is_begun_anew(
        index: WhooshIndex, tmp_path: Path, small_batches: None, victim: str) -> None:
    documents = [listing(f"{number:03}") for number in range(35)]
    with pytest.raises(Interrupted):
        index.rebuild(interrupted_after(documents, 25))
    building = Folder(tmp_path / "product").building()
    assert building
    for file in building.glob(victim):
        file.write_bytes(file.read_bytes()[:20])
    assert index.rebuild(source_of(documents)) == 35
    assert len(ids(index)) == 35


def test_the_hook_can_rebuild_at_once(tmp_path: Path) -> None:
    def mend(reason: str) -> None:
        index.rebuild(source_of([listing("a")]))

    index = WhooshIndex(tmp_path, SCHEMA, on_broken=mend)
    assert not index.search(SearchQuery("phone")).ready
    assert index.search(SearchQuery("phone")).total == 1


# Nothing is lost -----------------------------------------------------------------------------------------------------


def during(action: Callable[[], object], documents: list[Document]) -> RebuildSource:
    """A source during whose reading something happens, after everything was read from the database."""

    def after(id: str | None) -> Iterator[Document]:
        yield from source_of(documents).documents(id)
        action()

    return RebuildSource(after, lambda: len(documents))


def test_writes_that_arrive_during_a_rebuild_survive_the_swap(index: WhooshIndex, tmp_path: Path) -> None:
    other = WhooshIndex(tmp_path, SCHEMA)
    index.apply([listing("a"), listing("b"), listing("gone")])

    def meanwhile() -> None:
        other.apply([listing("a", 2, title="newer"), listing("b", 1, title="same version"), listing("new")])
        other.apply([Removal("gone", 2)])
        assert ids(index) == ["a", "b", "new"]  # served at once, too

    index.rebuild(during(meanwhile, [listing("a"), listing("b"), listing("gone")]))
    assert ids(index) == ["a", "b", "new"]
    assert document_of(index, "a").fields["title"] == "newer"  # type: ignore[union-attr]
    assert document_of(index, "b").fields["title"] == "Phone b"  # type: ignore[union-attr]
    assert other.apply([listing("gone", 1)]) == 0


def test_writes_during_the_rebuild_of_a_missing_index_are_kept(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path, SCHEMA)
    index.rebuild(during(lambda: index.apply([listing("new")]), [listing("a")]))
    assert ids(index) == ["a", "new"]


def test_a_half_written_line_of_the_journal_does_not_swallow_the_next(index: WhooshIndex, tmp_path: Path) -> None:
    def meanwhile() -> None:
        building = Folder(tmp_path / "product").building()
        assert building
        with (building / "journal").open("ab") as journal:
            journal.write(b'["half",1,{"tit')
        index.apply([listing("new")])

    index.rebuild(during(meanwhile, []))
    assert ids(index) == ["new"]


def test_documents_no_longer_in_the_source_are_gone_after_a_rebuild(index: WhooshIndex, tmp_path: Path) -> None:
    index.apply([listing("a"), listing("orphan")])
    index.rebuild(source_of([listing("a")]))
    assert ids(index) == ["a"]
    assert len(generations(tmp_path)) == 1


# Resuming ------------------------------------------------------------------------------------------------------------


def test_an_interrupted_rebuild_goes_on_where_it_stopped(index: WhooshIndex, small_batches: None) -> None:
    documents = [listing(f"{number:03}") for number in range(35)]
    index.apply([listing("000", 1, title="served")])
    with pytest.raises(Interrupted):
        index.rebuild(interrupted_after(documents, 25))
    assert index.status().rebuild_done == 20
    assert index.search(SearchQuery("served")).total == 1
    index.apply([listing("001", 2, title="newer")])

    seen: list[tuple[int, int]] = []
    read: list[str | None] = []

    def after(id: str | None) -> Iterable[Document]:
        read.append(id)
        return source_of(documents).documents(id)

    resumed = RebuildSource(after, lambda: 35)
    assert index.rebuild(resumed, progress=lambda done, total: seen.append((done, total))) == 35
    assert read == ["019"]
    assert seen[0] == (20, 35)
    assert seen[-1] == (35, 35)
    assert ids(index) == [document.id for document in documents]
    assert document_of(index, "001").fields["title"] == "newer"  # type: ignore[union-attr]
    assert index.status().rebuild_done is None


def test_a_rebuild_can_start_afresh(index: WhooshIndex, tmp_path: Path, small_batches: None) -> None:
    documents = [listing(f"{number:03}") for number in range(15)]
    with pytest.raises(Interrupted):
        index.rebuild(interrupted_after(documents, 12))
    assert index.rebuild(source_of(documents[:5]), resume=False) == 5
    assert ids(index) == ["000", "001", "002", "003", "004"]
    assert len(generations(tmp_path)) == 1


def test_an_abandoned_rebuilds_journal_does_not_grow_for_ever(
    index: WhooshIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.search.whoosh.folder.MAX_JOURNAL", 1000)
    with pytest.raises(Interrupted):
        index.rebuild(interrupted_after([listing("a")], 0))
    for number in range(20):
        index.apply([listing(f"{number:03}", description="long " * 20)])
    assert Folder(tmp_path / "product").building() is None
    assert len(generations(tmp_path)) == 1
    assert len(ids(index)) == 20


# Searching while it happens ------------------------------------------------------------------------------------------


def _search_until_told(root: Path, pipe: Connection) -> None:
    index = WhooshIndex(root, SCHEMA)
    searches, wrong = 0, []
    pipe.send("ready")
    while not pipe.poll():
        result = index.search(SearchQuery("phone", facets=["type"], limit=3))
        searches += 1
        if not result.ready or result.total != 300 or len(result.hits) != 3:
            wrong.append(result.total)
    pipe.send((searches, wrong))


@pytest.mark.slow
def test_processes_and_threads_searching_through_swaps_see_no_gap(index: WhooshIndex, tmp_path: Path) -> None:
    documents = [listing(f"{number:03}") for number in range(300)]
    index.apply(documents)
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(2)]
    processes = [context.Process(target=_search_until_told, args=(tmp_path, theirs)) for _, theirs in pairs]
    for process in processes:
        process.start()
    pipes = [ours for ours, _ in pairs]
    assert [pipe.recv() for pipe in pipes] == ["ready", "ready"]

    wrong: list[object] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            index.refresh()
            result = index.search(SearchQuery("phone 0", facets=["type"]))
            if not result.ready or result.total != 100:
                wrong.append(result)

    # "phone 0" finds Phone 000–099: the last word is a single sign and thus searched whole only with a space.
    threads = [threading.Thread(target=search) for _ in range(8)]
    index.apply([listing(document.id, 2, title=f"Phone {document.id} {document.id[0]}") for document in documents])
    newer = [listing(one.id, 3, title=f"Phone {one.id} {one.id[0]}") for one in documents]
    for thread in threads:
        thread.start()
    try:
        for _ in range(6):
            index.rebuild(source_of(newer))
            index.apply([listing("extra", 1, title="Something else", description="")])
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    for pipe in pipes:
        pipe.send("stop")
    for pipe, process in zip(pipes, processes, strict=True):
        searches, gaps = pipe.recv()
        assert searches > 0
        assert gaps == []
        process.join()


def _write_for_ever(root: Path, pipe: Connection) -> None:
    index = WhooshIndex(root, SCHEMA)
    for number in range(1_000_000):
        index.apply([listing(f"{number * 50 + place:06}", description="word " * 50) for place in range(50)])
        pipe.send((number + 1) * 50)


@pytest.mark.slow
def test_a_writer_killed_in_the_middle_of_a_commit_leaves_a_sound_index(index: WhooshIndex, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    for round_number in range(4):
        before = len(ids(index))
        ours, theirs = context.Pipe()
        process = context.Process(target=_write_for_ever, args=(tmp_path, theirs))
        process.start()
        acknowledged = ours.recv()
        while acknowledged < before + 100:
            acknowledged = ours.recv()
        ours.poll(0.003 * (round_number + 1))  # somewhere within the next commit
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while ours.poll():
            acknowledged = ours.recv()

        fresh = WhooshIndex(tmp_path, SCHEMA, wait_seconds=1)
        held = ids(fresh)
        assert len(held) in (acknowledged, acknowledged + 50)
        assert held == [f"{number:06}" for number in range(len(held))]
        assert fresh.status().state == "ready"
        assert fresh.apply([listing("mine", round_number + 1)]) == 1
        assert fresh.apply([Removal("mine")]) == 1
