"""Filters by a part of a text: the same on both databases, whatever the case, the accents and the separators."""
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.actor import system_actor
from app.data.folded import folded_column, has_part, searched_form
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.folding import compact, fold, indexed_words, words
from app.search.fields import prose
from app.search.text import column_value
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.category_management.models import Category
from tests.clients import ApiClient

ROOT = Path(__file__).parents[3]
SYSTEM = system_actor("marketplace")
CATALOGUE = "/marketplace/categorymanagement-api/v1"
GASKET = "Gr.49 gasket 55/72/8"
CODES = ("gr49", "GR-49", "gr 49", "55728", "55/72/8", "55 72 8", "49 GASKET", "ask")
NAMES = ("Лев", GASKET, "Ærø", "Straße", "100% wool", "a_b\\c")
FOUND = {"лев": {"Лев"}, "ЛЕВ": {"Лев"}, "aero": {"Ærø"}, "ærø": {"Ærø"}, "strasse": {"Straße"}, "%": set(),
         "---": set(), '"': set(), "_": set(), "\\": set(), "100%": {"100% wool"}, "A_B\\C": {"a_b\\c"},
         **{code: {GASKET} for code in CODES}}


def shown(answer: Any, data_name: str, attribute: str) -> set[str]:
    assert answer.status_code == 200, answer.json
    return {row[attribute] for row in answer.json[data_name]}


def test_a_column_that_is_not_folded_cannot_be_searched_in(app: Flask) -> None:
    with pytest.raises(LookupError, match="subtitle"):
        folded_column(Category.subtitle)


def test_no_database_is_asked_to_compare_letters_without_regard_to_case() -> None:
    """LOWER and LIKE know other letters on each database: who searches uses a folded column."""
    asked = re.compile(r"\b(icontains|istartswith|iendswith|ilike|i?regexp_match|func\.lower|func\.upper)\b")
    found = [str(file) for folder in ("app", "blueprints", "cli") for file in (ROOT / folder).rglob("*.py")
             if asked.search(file.read_text())]
    assert found == []


def test_titles_of_categories_are_found_by_a_part(as_admin: ApiClient) -> None:
    for name in NAMES:
        as_admin.post(f"{CATALOGUE}/categories", json={"title": name})
    asked = {part: shown(as_admin.get(f"{CATALOGUE}/categories", query_string={"title": part}), "categories", "title")
             for part in FOUND}
    assert asked == FOUND


def test_names_of_subcategories_are_found_by_a_part(as_admin: ApiClient) -> None:
    category = as_admin.post(f"{CATALOGUE}/categories", json={"title": "x"}).json["category"]["id"]
    for name in NAMES:
        as_admin.post(f"{CATALOGUE}/subcategories", json={"categoryId": category, "name": name, "group": "MORE"})
    asked = {part: shown(as_admin.get(f"{CATALOGUE}/subcategories", query_string={"name": part}), "subcategories",
                         "name") for part in FOUND}
    assert asked == FOUND


def test_titles_of_listings_are_found_by_a_part_and_by_their_new_one_after_a_change(
        as_admin: ApiClient, as_user: Callable[..., ApiClient]) -> None:
    category = as_admin.post(f"{CATALOGUE}/categories", json={"title": "x"}).json["category"]["id"]
    place = {"categoryId": category, "name": "y", "group": "MORE"}
    subcategory = as_admin.post(f"{CATALOGUE}/subcategories", json=place).json["subcategory"]["id"]
    body = {"description": "d", "condition": "NEW", "type": "FIXED", "price": 100, "currency": "USD", "shipping": 5,
            "shippingCurrency": "USD", "shippingMethod": "STANDARD", "categoryId": category,
            "subcategoryId": subcategory}
    seller, path = as_user("sam"), "/marketplace/productlisting-api/v1/productlistingproducts"
    made = [seller.post(path, json=body | {"title": name}).json["productListingProduct"] for name in NAMES]
    assert not any("foldedTitle" in row for row in made)

    def found(part: str) -> set[str]:
        return shown(seller.get(path, query_string={"title": part}), "productListingProducts", "title")

    assert {part: found(part) for part in FOUND} == FOUND
    assert seller.patch(f"{path}/{made[0]['id']}", json={"title": "Тигр"}).status_code == 200
    assert (found("лев"), found("тигр")) == (set(), {"Тигр"})


def test_titles_that_many_rows_are_given_at_once_are_found_by_a_part(app: Flask) -> None:
    with unit_of_work(SYSTEM) as work:
        rows = [work.insert(Category(title=name)) for name in NAMES]
        work.change_all(rows, title="Тигр")
        work.commit()
    assert {row.folded_title for row in rows} == {searched_form("Тигр")}
    for part, count in (("тигр", len(NAMES)), ("лев", 0)):
        assert len(fetch(select(Category.id).where(has_part(Category.folded_title, part)))) == count


def test_the_folded_column_leaves_the_server_in_no_event(app: Flask, as_admin: ApiClient,
                                                         sent: Callable[[str], list[Any]]) -> None:
    category = create_category(SYSTEM, title="Лев")
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Category, category.id), title="Тигр")
        work.commit()
    told = [event.payload for verb in ("created", "updated")
            for event in sent(f"ebaycclone-categorymanagement-service-dbevent-category-{verb}")]
    assert len(told) == 2
    assert "folded" not in repr(told).lower()


text_of_any_kind = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(text_of_any_kind, min_size=20, max_size=20))
def test_the_fold_of_sql_of_python_and_of_the_index_are_one(app: Flask, texts: list[str]) -> None:
    with unit_of_work(SYSTEM) as work:
        ids = [work.insert(Category(title=text)).id for text in texts]
        work.commit()
    stored = {row.id: row for row in fetch(select(Category.id, Category.title, Category.folded_title).where(
        Category.id.in_(ids)))}
    for id, text in zip(ids, texts, strict=True):
        assert stored[id].title == text
        assert stored[id].folded_title == searched_form(text) == compact(text)
        assert words(text) == words(fold(text)) == indexed_words(text)[:len(words(text))]
        assert column_value(prose("title", filter=True), text) in (fold(text)[:512], None)
        part = fold(text)[:5]
        hits = {row.id for row in fetch(select(Category.id).where(Category.id.in_(ids), has_part(
            Category.folded_title, part)))}
        assert hits == {one for one in ids if compact(part) and compact(part) in compact(stored[one].title)}
