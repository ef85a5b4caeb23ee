"""Suggestions of the marketplace: words of records that everybody finds, the most frequent first (FD-5)."""
import shutil
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.clock import now
from app.search.catalogue import search_index
from blueprints.platform.auth.commands import lock_user
from tests.clients import ApiClient, Callers
from tests.marketplace.search_indexing.conftest import BASE, Shop, settle
from tests.marketplace.search_indexing.test_searching_records import folder_of


def suggested(caller: ApiClient, typed: str) -> list[str]:
    answer = caller.get(f"{BASE}/v1/suggestions", query_string={"q": typed})
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json["suggestions"]
    assert list(found) == ["searchIndex"]
    return list(found["searchIndex"])


@pytest.mark.parametrize("words", ["x" * 256, "a\x00b"])
def test_overlong_words_are_refused_not_failed(buyer: ApiClient, words: str) -> None:
    assert buyer.get(f"{BASE}/v1/suggestions", query_string={"q": words}).status_code == 400


@pytest.mark.parametrize("words", ["", "*", "**", "title:*", "%", "\\", "𝔘", "'; DROP TABLE x;--", "😀", "a " * 127])
def test_signs_and_syntax_suggest_nothing_of_others(shop: Shop, buyer: ApiClient, words: str) -> None:
    shop.list_phone(title="Locomotive")
    settle()
    assert "locomotive" not in suggested(buyer, words)


def test_an_index_that_is_away_suggests_nothing(app: Flask, shop: Shop, buyer: ApiClient) -> None:
    shop.list_phone(title="Locomotive")
    settle()
    shutil.rmtree(folder_of(app))
    search_index("searchIndex").refresh()
    assert suggested(buyer, "loco") == []


def test_words_of_a_seller_at_rest_are_not_suggested_from_the_next_request_on(
        shop: Shop, seller: ApiClient, buyer: ApiClient, callers: Callers) -> None:
    """Before any event has told the index (decision 41)."""
    shop.list_phone(title="Locomotive")
    settle()
    assert (suggested(buyer, "loco"), suggested(buyer, "sell")) == (["locomotive"], ["seller"])
    lock_user(callers.super_admin().actor, str(seller.user_id), now() + timedelta(days=1))
    assert (suggested(buyer, "loco"), suggested(buyer, "sell")) == ([], [])


def test_the_most_frequent_word_comes_first(shop: Shop, buyer: ApiClient) -> None:
    for title in ("Locomotive", "Lock", "Lock and key"):
        shop.list_phone(title=title)
    settle()
    assert suggested(buyer, "red lo") == []
    assert suggested(buyer, "lo") == ["lock", "locomotive"]
    assert suggested(buyer, "Lock k") == []
    assert suggested(buyer, "Lock ke") == ["lock key"]
