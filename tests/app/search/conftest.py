"""One product index per test, small enough to be compared with a walk through a list."""

from pathlib import Path

import pytest

from app.search import (
    Document,
    Hit,
    IndexSchema,
    RebuildSource,
    SearchIndex,
    SearchQuery,
    WhooshIndex,
    instant,
    keyword,
    number,
    prose,
)

SCHEMA = IndexSchema(
    "product",
    (
        prose("title", 3.0, filter=True, sort=True),
        prose("description"),
        keyword("type", facet=True),
        keyword("categoryId", facet=True, sort=True),
        keyword("tags", many=True, facet=True),
        keyword("seller.id"),
        number("price"),
        instant("createdAt"),
    ),
)


def listing(id: str, version: int = 1, **fields: object) -> Document:
    given = {"title": f"Phone {id}", "description": "A telephone", "type": "FIXED", "price": 100, **fields}
    return Document(id, version, given)


def document_of(index: SearchIndex, id: str) -> Hit | None:
    """What a search finds under an id; None when nothing is indexed there or the index is broken."""
    return next((hit for hit in index.search(SearchQuery(limit=10_000)).hits if hit.id == id), None)


def source_of(documents: list[Document]) -> RebuildSource:
    """A table of documents as a rebuild reads it: by ascending id, after a given one."""

    def after(id: str | None) -> list[Document]:
        return sorted((one for one in documents if id is None or one.id > id), key=lambda one: one.id)

    return RebuildSource(after, lambda: len(documents))


@pytest.fixture
def index(tmp_path: Path) -> WhooshIndex:
    made = WhooshIndex(tmp_path, SCHEMA)
    made.create()
    return made
