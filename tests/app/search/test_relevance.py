"""Searches find as well as SQLite FTS5 does, and known things by a title with one fault: on committed samples."""


import pytest

from bench.relevance import FAULTS, measured
from tests.components import ROOT

SAMPLES = ROOT / "tests" / "data"


@pytest.mark.once("an index of its own")
def test_questions_are_answered_as_well_as_by_fts5_and_titles_with_a_fault_are_found() -> None:
    found = measured(SAMPLES / "cisi_sample", SAMPLES / "product_names.csv", 120)
    for kind in ("nDCG@10 whole", "nDCG@10 two words"):
        assert found[kind]["guildhall"] >= found[kind]["FTS5"] > 0.1, kind
    for fault in FAULTS:
        assert found[fault]["share"] >= 0.95, fault
        assert found[fault]["of"] > 100


@pytest.mark.once("an index of its own")
def test_the_samples_are_whole() -> None:
    for name in ("cisi_documents.jsonl", "cisi_queries.jsonl"):
        assert (SAMPLES / "cisi_sample" / name).stat().st_size > 5_000
    assert (SAMPLES / "product_names.csv").read_text().startswith("name\n")
