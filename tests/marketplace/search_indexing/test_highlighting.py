"""Highlights of the marketplace: of a record's document the texts that are searched, escaped."""
import shutil

from flask import Flask

from app.search.catalogue import search_index
from tests.clients import ApiClient
from tests.marketplace.search_indexing.conftest import BASE, Shop, settle
from tests.marketplace.search_indexing.test_searching_records import folder_of


def test_words_are_shown_escaped_also_while_the_index_is_away(app: Flask, shop: Shop, buyer: ApiClient) -> None:
    shop.list_phone(title="Red <b>phone</b>", description="none")
    settle()
    for broken in (False, True):
        if broken:
            shutil.rmtree(folder_of(app))
            search_index("searchIndex").refresh()
        answer = buyer.get(f"{BASE}/v1/searchindexes", query_string={
            "q": "phone", "documentType": "PRODUCT", "highlight": "true"}).json
        [row] = answer["searchIndices"]
        assert answer["highlights"] == {row["id"]: {"title": "Red &lt;b&gt;<em>phone</em>&lt;/b&gt;",
                                                    "prose": answer["highlights"][row["id"]]["prose"]}}
        assert "<em>" in answer["highlights"][row["id"]]["prose"]


def test_they_are_there_only_when_asked_for(shop: Shop, buyer: ApiClient) -> None:
    shop.list_phone()
    settle()
    for arguments in ({"q": "phone"}, {"q": "phone", "highlight": "no"}, {"highlight": "true"}):
        assert "highlights" not in buyer.get(f"{BASE}/v1/searchindexes", query_string=arguments).json
