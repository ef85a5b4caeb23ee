"""Writes are idempotent by (id, version), and one process writes at a time."""

import os
import threading
from pathlib import Path

import pytest

from app.search import Document, IndexBusy, Removal, SearchQuery, WhooshIndex
from app.search.whoosh.folder import Folder
from app.search.whoosh.writing import MAX_MERGED, choose_merge
from tests.app.search.conftest import SCHEMA, document_of, listing


def title(index: WhooshIndex, id: str) -> object:
    hit = document_of(index, id)
    return hit and hit.fields["title"]


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["", "x" * 201])
def test_an_impossible_id_is_refused_and_nothing_of_the_batch_written(index: WhooshIndex, id: str) -> None:
    with pytest.raises(ValueError, match="id of 1 to 200"):
        index.apply([listing("a"), listing(id)])
    assert index.search(SearchQuery()).total == 0


def test_a_second_writer_is_refused_with_the_name_of_the_first(index: WhooshIndex, tmp_path: Path) -> None:
    impatient = WhooshIndex(tmp_path, SCHEMA, wait_seconds=0.05)
    with Folder(tmp_path / "product").writing(0), pytest.raises(IndexBusy, match=f"by process {os.getpid()}"):
        impatient.apply([listing("a")])
    assert impatient.apply([listing("a")]) == 1


def test_a_second_writer_waits_for_the_first(index: WhooshIndex, tmp_path: Path) -> None:
    patient = WhooshIndex(tmp_path, SCHEMA, wait_seconds=30)
    with Folder(tmp_path / "product").writing(0):
        waiting = threading.Thread(target=patient.apply, args=([listing("a")],))
        waiting.start()
        assert index.search(SearchQuery()).total == 0
    waiting.join()
    index.refresh()
    assert index.search(SearchQuery()).total == 1


# Versions ------------------------------------------------------------------------------------------------------------


def test_an_older_or_equal_version_never_overwrites(index: WhooshIndex) -> None:
    assert index.apply([listing("a", 5, title="five")]) == 1
    assert index.apply([listing("a", 4, title="four")]) == 0
    assert index.apply([listing("a", 5, title="other five")]) == 0
    assert title(index, "a") == "five"
    assert index.apply([listing("a", 6, title="six")]) == 1
    assert title(index, "a") == "six"
    assert index.search(SearchQuery()).total == 1


def test_the_highest_version_within_a_batch_wins(index: WhooshIndex) -> None:
    index.apply([listing("a", 2, title="two"), listing("a", 3, title="three"), listing("a", 1, title="one")])
    assert title(index, "a") == "three"
    assert list(index.versions()) == [("a", 3)]


def test_a_late_older_document_stays_out_after_a_versioned_removal(index: WhooshIndex) -> None:
    index.apply([listing("a", 1)])
    assert index.apply([Removal("a", 3)]) == 1
    assert index.apply([listing("a", 2)]) == 0
    assert index.apply([Removal("b", 7)]) == 1
    assert index.apply([listing("b", 6)]) == 0
    assert index.search(SearchQuery()).total == 0
    assert index.search(SearchQuery("phone")).total == 0
    assert document_of(index, "a") is None
    assert list(index.versions()) == []
    assert index.apply([listing("a", 4)]) == 1
    assert index.search(SearchQuery("phone")).total == 1


def test_a_late_older_removal_changes_nothing(index: WhooshIndex) -> None:
    index.apply([listing("a", 5)])
    assert index.apply([Removal("a", 4)]) == 0
    assert index.search(SearchQuery()).total == 1
    assert index.apply([Removal("a", 5)]) == 1
    assert index.search(SearchQuery()).total == 0


def test_removing_without_version_takes_out_whatever_is_there(index: WhooshIndex) -> None:
    index.apply([listing("a", 5), listing("b")])
    assert index.apply([Removal("a"), Removal("unknown")]) == 1
    assert [id for id, _ in index.versions()] == ["b"]
    assert index.apply([listing("a", 1)]) == 1


def test_changes_of_one_batch_keep_their_order(index: WhooshIndex) -> None:
    index.apply([listing("a", 1), Removal("a"), Document("a", 1, {"title": "again"})])
    assert title(index, "a") == "again"


def test_other_processes_writes_are_seen(index: WhooshIndex, tmp_path: Path) -> None:
    other = WhooshIndex(tmp_path, SCHEMA)
    for version in range(1, 6):
        other.apply([listing("a", version, title=f"round{version}")])
        index.refresh()
        assert index.search(SearchQuery(f"round{version} ")).total == 1
    assert index.search(SearchQuery("phone")).total == 0


# Segments ------------------------------------------------------------------------------------------------------------


def test_many_small_commits_do_not_pile_up_segments(index: WhooshIndex) -> None:
    for number in range(70):
        index.apply([listing(f"{number:03}"), listing("often", number + 1)])
    status = index.status()
    assert status.documents == 71
    assert status.segments < 25
    assert index.search(SearchQuery("phone", limit=0)).total == 71
    assert dict(index.versions())["often"] == 70


class _Segment:
    def __init__(self, size: int, deleted: int = 0) -> None:
        self.size, self.deleted = size, deleted

    def doc_count_all(self) -> int:
        return self.size

    def deleted_count(self) -> int:
        return self.deleted


def sizes(segments: list[_Segment]) -> list[int]:
    return [segment.size for segment in segments]


def test_segments_of_one_size_are_merged_and_large_ones_left_alone() -> None:
    large = [_Segment(MAX_MERGED) for _ in range(12)]
    assert choose_merge(large) == (large, [])
    kept, merged = choose_merge([*large, *(_Segment(100) for _ in range(8))])
    assert (sizes(kept), sizes(merged)) == ([MAX_MERGED] * 12, [100] * 8)


def test_empty_segments_are_dropped_and_half_dead_ones_rewritten() -> None:
    kept, merged = choose_merge([_Segment(10, 10), _Segment(100, 51), _Segment(100, 49)])
    assert (sizes(kept), sizes(merged)) == ([100], [100])
    assert merged[0].deleted == 51


def test_a_merge_never_exceeds_the_limit() -> None:
    half_dead = [_Segment(2 * MAX_MERGED // 3, MAX_MERGED // 3 + 1) for _ in range(9)]
    _, merged = choose_merge(half_dead)
    assert 1 < len(merged) < 9
    assert sum(segment.size - segment.deleted for segment in merged) <= MAX_MERGED
