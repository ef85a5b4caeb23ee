"""Synonyms over HTTP: a change of the file is seen past the answers that are remembered, a bad line breaks nothing."""
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.ops.checks import examine
from app.runtime import runtime
from tests.clients import ApiClient
from tests.marketplace.search_indexing.conftest import BASE, Shop, settle


@pytest.fixture
def file(app: Flask) -> Iterator[Path]:
    path = runtime().settings.home / "synonyms.txt"
    yield path
    path.unlink(missing_ok=True)


def found(caller: ApiClient, words: str) -> list[str]:
    answer = caller.get(f"{BASE}/v1/searchindexes", query_string={"q": words, "documentType": "PRODUCT"})
    assert answer.status_code == 200, answer.json
    return [row["document"]["title"] for row in answer.json["searchIndices"]]


def test_remembered_answers_do_not_outlive_a_change_of_the_file(shop: Shop, buyer: ApiClient, file: Path) -> None:
    shop.list_phone(title="Couch")
    settle()
    assert found(buyer, "sofa ") == []
    assert found(buyer, "sofa ") == []  # remembered
    file.write_text("sofa, couch\n")
    assert found(buyer, "sofa ") == found(buyer, "sofa ") == ["Couch"]
    file.unlink()
    assert found(buyer, "sofa ") == []


def test_a_bad_line_is_told_by_the_doctor_with_its_number_and_by_nobody_else(
        shop: Shop, buyer: ApiClient, file: Path) -> None:
    shop.list_phone(title="Couch")
    settle()
    file.write_bytes(b"# ours\nsofa\n\xff, x\nsofa, couch\n")
    assert found(buyer, "sofa ") == ["Couch"]
    [finding] = examine(["synonyms"])
    assert finding.state == "warn"
    assert "line 2: " in finding.says
    assert "line 3: " in finding.says
    file.write_text("sofa, couch\n")
    [finding] = examine(["synonyms"])
    assert finding.state == "ok"
