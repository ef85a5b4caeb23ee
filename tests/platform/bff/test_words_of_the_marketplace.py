"""Words of the marketplace's objects by their indexes: what each person finds of them, and what leaves them at once."""
from typing import Any

import pytest

from app.clock import moved_clock
from app.data.held import HIDDEN, REMOVED
from app.search.catalogue import rebuild_index, search_index
from app.search.port import SearchQuery
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.auth.commands import archive_profile, purge_archived
from tests.clients import ApiClient
from tests.flow import settle
from tests.platform.bff.rows import ask, ids, keep

pytestmark = pytest.mark.parametrize("realm", ["marketplace"])
LISTING, PRODUCTS = "productListingProduct", "/marketplace/productlisting-api/v1/productlistingproducts"


def indexed(name: str) -> set[str]:
    search_index(name).refresh()
    return {id_ for id_, _ in search_index(name).versions()}


def test_listings_and_feedback_are_found_as_search_finds(realm: str, ben: ApiClient) -> None:
    [lamp, _] = keep(Product, {"title": "Brass lamp", "description": "Shines."}, {"title": "Desk"})
    [praise] = keep(Feedback, {"comment": "A splendid lamp"})
    for name in ("products", "feedback"):
        rebuild_index(name)
    for index, row in ((LISTING, lamp), ("feedback", praise)):
        for words in ("lamps", "LAMP", "lam"):
            answer = ask(ben, realm, index, q=words)
            assert (ids(answer), "degraded" in answer) == ([row], False)
        slipped = ask(ben, realm, index, q="lanp ")
        assert (ids(slipped), slipped["corrected"]) == ([row], "lamp")
        assert ids(ask(ben, realm, index, filters={"title" if index == LISTING else "comment": {
            "operator": "match", "value": "lamp"}})) == [row]


def test_what_is_held_is_in_no_index_and_found_by_its_owner_alone(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    own: dict[str, Any] = {"seller_id": ben.user_id, "owner": ben.user_id, "title": "Brass lamp"}
    hidden, _ = keep(Product, own | {"held": HIDDEN}, own | {"held": REMOVED})
    said: dict[str, Any] = {"buyer_id": ben.user_id, "owner": ben.user_id, "comment": "Brass"}
    praise, _ = keep(Feedback, said | {"held": HIDDEN}, said | {"held": REMOVED})
    for name, index, row in (("products", LISTING, hidden), ("feedback", "feedback", praise)):
        assert rebuild_index(name) == 0
        assert ids(ask(ben, realm, index, q="brass")) == [row]
        assert ask(cleo, realm, index, q="brass ") | {"corrected": ""} == ask(cleo, realm, index, q="bronze ") | {
            "corrected": ""}


def test_a_listing_is_in_the_index_while_it_is_offered(realm: str, people: Any, ben: ApiClient,
                                                       cleo: ApiClient) -> None:
    catalogue = "/marketplace/categorymanagement-api/v1"
    category = people.admin().post(f"{catalogue}/categories", json={"title": "Ships"}).json["category"]["id"]
    subcategory = people.admin().post(f"{catalogue}/subcategories", json={
        "categoryId": category, "name": "Parts", "group": "MORE"}).json["subcategory"]["id"]
    made = ben.post(PRODUCTS, json={
        "type": "FIXED", "title": "Sextant", "description": "Works.", "condition": "USED", "currency": "USD",
        "price": 9, "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD", "categoryId": category,
        "subcategoryId": subcategory})
    listing = made.json["productListingProduct"]["id"]
    settle()
    assert (indexed("products"), ids(ask(cleo, realm, LISTING, q="sextants"))) == ({listing}, [listing])
    act = {"entityType": "PRODUCT", "entityId": listing, "reason": "r"}
    acts = "/marketplace/adminmoderation-api/v1/acts"
    assert people.admin().post(acts, json=act | {"kind": "HIDE"}).status_code == 201
    settle()
    assert indexed("products") == set()
    assert people.admin().post(acts, json=act | {"kind": "SHOW_AGAIN"}).status_code == 201
    settle()
    assert indexed("products") == {listing}
    assert ben.delete(f"{PRODUCTS}/{listing}").status_code == 200
    settle()
    assert indexed("products") == set()


def test_what_a_purged_buyer_said_is_found_by_no_word(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    """Its rows are changed without events: the rating stays the seller's, without the words."""
    [praise] = keep(Feedback, {"buyer_id": ben.user_id, "owner": ben.user_id, "comment": "Brass", "reply": "Thanks"})
    rebuild_index("feedback")
    assert ids(ask(cleo, realm, "feedback", q="brass")) == [praise]
    archive_profile(ben.actor, ben.user_id)
    settle()
    with moved_clock(days=31):
        assert purge_archived(realm) == 1
        settle()
    search_index("feedback").refresh()
    assert search_index("feedback").ids(SearchQuery("brass")) == []
    assert search_index("feedback").ids(SearchQuery("thanks")) == [praise]
