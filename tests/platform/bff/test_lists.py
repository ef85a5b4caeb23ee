"""What a list answers: its page, its order, its filters and what words find (rules-platform §5.2, front-door.md)."""
from typing import Any

import pytest

from app.data.holdings import holdings
from app.data.reads import totals
from app.data.reads.lists import versions_of_tables
from app.data.reads.totals import EXACT_UP_TO, RowTotals
from app.data.visibility import read_objects, visible_in_sql
from blueprints.marketplace.auction_offer.models import Offer
from blueprints.marketplace.product_listing.models import Product
from blueprints.network.content.models import Post
from blueprints.platform.bff import narrowed
from tests.clients import ApiClient
from tests.flow import statements
from tests.network.profile.cards import block
from tests.platform.bff.conftest import Shelf
from tests.platform.bff.plans import plans
from tests.platform.bff.rows import ask, ids, keep, minutes


def said(answer: Any, shelf: Shelf) -> list[str]:
    return [row[shelf.text] for row in answer["items"]]


def test_a_list_says_its_page_at_the_root(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("a", "b", "c", "d", "e")
    answer = ask(ben, realm, shelf.index, page=2, limit=2)
    assert {name: value for name, value in answer.items() if name not in ("items", "next")} == {
        "status": "OK", "statusCode": 200, "total": 5, "totalPage": 3, "currentPage": 2, "nextPage": 3, "prevPage": 1,
        "pageItem": 2, "filters": []}
    assert len(answer["items"]) == 2
    last = ask(ben, realm, shelf.index, page=3, limit=2)
    assert (last["nextPage"], last["prevPage"], last["pageItem"], last["next"]) == (None, 2, 1, None)


def test_an_empty_list_has_no_page(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    answer = ask(ben, realm, shelf.index)
    assert (answer["total"], answer["totalPage"], answer["nextPage"], answer["items"]) == (0, 0, None, [])


def test_a_name_may_be_written_in_any_case(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    [id_] = shelf.keep("a")
    assert ids(ask(ben, realm, shelf.index.upper())) == [id_]
    answer = ben.get(f"/{realm}/bff-service/{shelf.index.title()}/{id_}")
    assert answer.json["dataName"] == shelf.index
    assert answer.json[shelf.index]["id"] == id_
    assert answer.headers["ETag"] == '"1"'


def test_an_archived_row_is_in_nothing(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    [id_] = shelf.keep("a", is_active=False)
    assert ask(ben, realm, shelf.index)["total"] == ask(ben, realm, shelf.index, verb="count")["total"] == 0
    assert ben.get(f"/{realm}/bff-service/{shelf.index}/{id_}").status_code == 404


def test_the_schema_names_what_may_be_asked(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    """FD-3."""
    answer = ben.get(f"/{realm}/bff-service/{shelf.index}/schema").json
    assert answer["filtirableFields"] == answer["filterableFields"]
    assert {shelf.text, "id", "createdAt"} <= set(answer["filterableFields"]) & set(answer["sortableFields"])
    for name in answer["filterableFields"]:
        for operator in set(answer["fields"][name]["operators"]) & {"exists", "missing"}:
            ask(ben, realm, shelf.index, filters={name: {"operator": operator}})
    for name in answer["sortableFields"]:
        ask(ben, realm, shelf.index, sortBy=name)


def test_rows_are_in_the_order_of_code_points(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("b", "B", "ä", "a", "\U0001f600", "\ufffd", "A")
    found = ask(ben, realm, shelf.index, sortBy=shelf.text)
    assert said(found, shelf) == ["A", "B", "a", "b", "ä", "\ufffd", "\U0001f600"]
    assert said(ask(ben, realm, shelf.index, sortBy=shelf.text, sortOrder="desc"), shelf) == said(found, shelf)[::-1]


def test_equal_rows_are_in_the_order_of_their_ids_either_way(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    made = sorted(shelf.keep("a", "a", "a"))
    for way in ("asc", "desc"):
        assert ids(ask(ben, realm, shelf.index, sortBy=shelf.text, sortOrder=way)) == made


def test_without_a_sort_the_oldest_comes_first(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    [new], [old] = shelf.keep("a", created_at=minutes(2)), shelf.keep("b", created_at=minutes(1))
    assert ids(ask(ben, realm, shelf.index)) == [old, new]
    assert ids(ask(ben, realm, shelf.index, sortOrder="desc")) == [new, old]


def walked(caller: Any, realm: str, index: str, **query: Any) -> list[str]:
    """Return the ids of all pages, in order."""
    found, page = [], ask(caller, realm, index, **query)
    while True:
        found += ids(page)
        if page["next"] is None:
            return found
        page = ask(caller, realm, index, after=page["next"], **query)


def test_pages_behind_a_cursor_hold_every_row_once(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep(*"aabbbcc")
    for way in ("asc", "desc"):
        found = walked(ben, realm, shelf.index, sortBy=shelf.text, sortOrder=way, limit=2)
        assert found == ids(ask(ben, realm, shelf.index, sortBy=shelf.text, sortOrder=way, limit=100))


@pytest.mark.parametrize("realm", ["marketplace"])
def test_amounts_that_every_row_has_are_walked_into_other_currencies(realm: str, people: Any) -> None:
    root: ApiClient = people.super_admin()
    made = keep(Offer, *({"offer_amount": amount, "currency": currency} for currency in ("EUR", "USD", "KWD")
                         for amount in (100, 250)))
    for way in ("asc", "desc"):
        found = walked(root, realm, "auctionOfferOffer", sortBy="offerAmount", sortOrder=way, limit=1)
        assert sorted(found) == sorted(made), way


@pytest.mark.parametrize(("operator", "value", "found"), [
    ("eq", "Brass lamp", ["Brass lamp"]), ("eq", "brass lamp", []), ("prefix", "Br", ["Brass lamp", "Bröt"]),
    ("prefix", "br", []), ("prefix", "%", []), ("wildcard", "B*p", ["Brass lamp"]), ("wildcard", "Br?t", ["Bröt"]),
    ("wildcard", "*[1]*", ["a[1]*_%"]), ("wildcard", "a[1]\\*_%", ["a[1]*_%"]), ("wildcard", "*_%", ["a[1]*_%"]),
    ("wildcard", "Brass", []), ("match", "LAMP", ["Brass lamp"]), ("match", "lamp brass", ["Brass lamp"]),
    ("match", "bra", []), ("match", "brot", ["Bröt"]), ("match", "!", []),
    ("match_phrase", "brass LAMP", ["Brass lamp"]), ("match_phrase", "lamp brass", []),
    ("match_phrase_prefix", "brass la", ["Brass lamp"]),
    ("match_phrase", "brass la", [])])
def test_a_text_is_compared_as_its_operator_says(realm: str, ben: ApiClient, shelf: Shelf, operator: str, value: str,
                                                 found: list[str]) -> None:
    shelf.keep("Brass lamp", "Bröt", "a[1]*_%")
    condition = {shelf.text: {"operator": operator, "value": value}}
    assert sorted(said(ask(ben, realm, shelf.index, filters=condition), shelf)) == found
    assert ask(ben, realm, shelf.index, verb="count", filters={"filters": condition})["total"] == len(found)


def test_several_values_mean_any_of_them(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("a", "b", "c")
    for operator, found in (("eq", ["a", "b"]), ("noteq", ["c"]), ("prefix", ["a", "b"])):
        condition = {shelf.text: {"operator": operator, "values": ["a", "b"]}}
        assert said(ask(ben, realm, shelf.index, filters=condition, sortBy=shelf.text), shelf) == found


@pytest.mark.parametrize(("ends", "found"), [
    (["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"], "bc"), ([None, "2026-01-01T00:01:00Z"], "ab"),
    (["2026-01-01T00:02:00.001Z", None], ""), (["2026-01-01", "2026-01-01"], "abc"), ([None, None], "abc"),
    (["2026-01-02", None], ""), ([1767225660000, None], "bc"), (["2026-01-01T01:01:00+01:00", None], "bc")])
def test_a_range_of_moments_holds_both_its_ends(realm: str, ben: ApiClient, shelf: Shelf, ends: Any,
                                                found: str) -> None:
    for number, text in enumerate("abc"):
        shelf.keep(text, created_at=minutes(number))
    condition = {"createdAt": {"operator": "range", "values": ends}}
    assert "".join(said(ask(ben, realm, shelf.index, filters=condition), shelf)) == found


def test_the_filters_are_told_as_they_were_asked(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    condition = {"operator": "eq", "value": "a"}
    assert ask(ben, realm, shelf.index, filters={shelf.text: condition})["filters"] == [
        {"field": shelf.text, **condition}]


def test_words_find_the_newest_first_and_say_that_no_index_was_asked(realm: str, ben: ApiClient,
                                                                     shelf: Shelf) -> None:
    for number, text in enumerate(("Brass lamp", "Brassy", "Lamp of brass", "Iron")):
        shelf.keep(text, created_at=minutes(number))
    answer = ask(ben, realm, shelf.index, q="brass", limit=1)
    if "degraded" in answer:  # an object without words is asked for beginnings instead
        assert answer["total"] == ask(ben, realm, shelf.index, verb="count", q="brass")["total"] == 3
        assert said(answer, shelf) == ["Lamp of brass"]
        assert said(ask(ben, realm, shelf.index, q="brass", limit=5, after=answer["next"]), shelf) == [
            "Brassy", "Brass lamp"]
    else:
        assert said(ask(ben, realm, shelf.index, q="Brass"), shelf) == ["Brass lamp", "Brassy"]


def test_nothing_typed_is_no_condition(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("a")
    assert ask(ben, realm, shelf.index, q=" ")["total"] == ask(ben, realm, shelf.index, q="")["total"] == 1


def test_the_number_of_statements_is_that_of_no_rows(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    queries: list[dict[str, Any]] = [{}, {"q": "a"}, {"sortBy": shelf.text}, {"facets": "createdAt"}]

    def asked() -> list[int]:
        found = []
        for query in queries:
            ask(ben, realm, shelf.index, **query)  # what is remembered of sessions and people is not counted
            with statements() as told:
                ask(ben, realm, shelf.index, **query)
            found.append(len(told))
        return found

    shelf.keep("a")
    few = asked()
    shelf.keep(*["a"] * 8)
    assert asked() == few
    assert max(few) <= 6


def test_a_total_is_exact_up_to_ten_thousand(realm: str, ben: ApiClient, shelf: Shelf, monkeypatch: Any) -> None:
    assert EXACT_UP_TO == 10_000
    for number in (1, 2, 3):
        shelf.keep("a")
        assert ask(ben, realm, shelf.index)["total"] == number


@pytest.mark.both("only PostgreSQL has integers of a width")
@pytest.mark.parametrize("number", [3_000_000_000, -3e9, 1e15])
def test_a_number_beyond_a_column_is_in_no_row(realm: str, ben: ApiClient, shelf: Shelf, number: float) -> None:
    shelf.keep("a")
    choices = {"marketplace": ("feedback", "rating"), "network": ("jobPosting", "status_idx")}
    for index, name in ((shelf.index, "recordVersion"), choices[realm]):
        everything = ask(ben, realm, index)["total"]
        for operator, total in (("eq", 0), ("match", 0), ("noteq", everything)):
            assert ask(ben, realm, index, filters={name: {"operator": operator, "value": number}})["total"] == total
        both = {name: {"operator": "noteq", "values": [number, 1, 0]}}
        assert ask(ben, realm, index, filters=both)["total"] <= everything


@pytest.mark.parametrize("realm", ["network"])
def test_a_large_total_knows_of_a_block_at_once_and_is_counted_once(
        realm: str, ben: ApiClient, cleo: ApiClient, people: Any, monkeypatch: Any) -> None:
    for module in (narrowed, totals):
        monkeypatch.setattr(module, "EXACT_UP_TO", 2)
    monkeypatch.setattr(totals, "CHEAP_SECONDS", 60)  # it is counted anew whenever a version says so
    for author in (ben, people.user("dora")):
        keep(Post, *[{"author_user_id": author.user_id, "owner": author.user_id}] * 3)
    for _ in range(2):  # what runs for the first time in a process looks different to SQLAlchemy the second time
        assert ask(cleo, realm, "post")["total"] == 6
    with statements() as told:
        assert ask(cleo, realm, "post")["total"] == 6
    assert not [statement for statement in told if "count(" in statement]
    block(ben, cleo)
    assert ask(cleo, realm, "post")["total"] == 3


@pytest.mark.parametrize("realm", ["network"])
def test_a_count_says_how_old_it_is_as_its_list_does(realm: str, ben: ApiClient, monkeypatch: Any) -> None:
    for module in (narrowed, totals):
        monkeypatch.setattr(module, "EXACT_UP_TO", 2)
    monkeypatch.setattr(totals, "CHEAP_SECONDS", 0.0)
    monkeypatch.setattr(totals, "TIMES_ITS_COST", 1e9)
    monkeypatch.setattr(holdings(), "totals", RowTotals(holdings().cache_versions))
    keep(Post, *[{"author_user_id": ben.user_id, "owner": ben.user_id}] * 3)
    paths = [f"/{realm}/bff-service/post/{verb}?limit=1" for verb in ("list", "count")]
    # What runs for the first time in a process looks different to SQLAlchemy the second time.
    assert [ben.get(path).json["total"] for path in paths * 2] == [3] * 4
    keep(Post, {"author_user_id": ben.user_id, "owner": ben.user_id})
    for path in paths:
        answer = ben.get(path)
        assert answer.json["total"] == 4 or int(answer.headers["X-Total-Age"]) >= 1
    assert all("X-Total-Age" in ben.get(path).headers for path in paths)


def test_every_rule_names_the_versions_of_all_tables_that_it_asks(realm: str, people: Any) -> None:
    """Or a large total would stand for exact behind a change that nobody tells it of."""
    actor, objects = people.user("ben").actor, read_objects()
    for of, one in objects:
        if of == realm:
            asked, is_certain = versions_of_tables([visible_in_sql(one.visibility, actor)])
            assert set(asked) <= set(objects.version_keys(realm, one.visibility)), one.name
            assert is_certain, f"{one.name}: a table that its rule asks says by no version that it changed"


@pytest.mark.once("PostgreSQL plans by what it has counted of these few rows")
@pytest.mark.parametrize("realm", ["marketplace"])
def test_a_page_of_listings_looks_its_rows_up_by_their_ids(realm: str, ben: ApiClient) -> None:
    keep(Product, *({"created_at": minutes(number)} for number in range(60)))
    with plans("product_listing_product") as steps:
        ask(ben, realm, "productListingProduct", limit=50)
    assert "SEARCH product_listing_product USING INDEX sqlite_autoindex_product_listing_product_1 (id=?)" in steps


def test_the_last_page_tells_the_total_and_nothing_is_counted(realm: str, ben: ApiClient, shelf: Shelf) -> None:
    shelf.keep("a", "b", "c")
    for page, limit in ((1, 3), (2, 2), (1, 2)):
        ask(ben, realm, shelf.index, page=page, limit=limit)
        with statements() as told:
            assert ask(ben, realm, shelf.index, page=page, limit=limit)["total"] == 3
        assert bool([one for one in told if "count(" in one]) is (page * limit < 3)
