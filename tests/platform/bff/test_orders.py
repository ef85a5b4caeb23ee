"""Lists are read in the order of an index: no page sorts all rows of a table that grows (issue 20)."""
from datetime import timedelta
from typing import Any

import pytest

from app.actor import Actor
from app.clock import now
from app.data.held import HIDDEN
from app.data.ids import uuid7
from app.data.visibility import EVERYONE, ReadObject, read_objects
from app.search.catalogue import declared_indexes, search_index
from blueprints.marketplace.category_management.models import Category, Subcategory
from blueprints.marketplace.product_listing.models import Product
from blueprints.network.company.models import Company
from blueprints.network.job_application.models import JobPosting
from blueprints.network.profile.models import Certification, Language, Profile
from tests.clients import ApiClient
from tests.platform.bff.plans import plans
from tests.platform.bff.rows import LONG_AGO, ask, keep

pytestmark = pytest.mark.once("PostgreSQL plans by what it has counted of these few rows")
SORTS = "USE TEMP B-TREE FOR ORDER BY"
"""What SQLite says where no index has the order. Of equal values it sorts the ids: that is a part."""
SORTED_BY_PEOPLE = {
    "marketplace": ((Product, "title"), (Product, "price"), (Product, "askingPrice"), (Product, "createdAt"),
                    (Product, "endBidDate"), (Product, "updatedAt"), (Category, "title"), (Subcategory, "name")),
    "network": ((Company, "name"), (JobPosting, "title"), (Profile, "fullName"), (Certification, "name"),
                (Language, "name"))}


def sorts_all(steps: list[str]) -> bool:
    """Return whether one of the statements sorted more than its page, whose rows are read by their ids in the end."""
    is_of_table = True
    for step in steps:
        is_of_table = (is_of_table or step.endswith(" page")) and step != "SCAN page"
        if step == SORTS and is_of_table:
            return True
    return False


def sees_all(one: ReadObject, actor: Actor) -> bool:
    return one.who(actor) and one.visibility.rule_for(actor) == EVERYONE


def test_who_sees_all_pages_through_any_object_without_sorting_it(realm: str, people: Any) -> None:
    root: ApiClient = people.super_admin()
    seen = [one for of, one in read_objects() if of == realm and sees_all(one, root.actor)]
    assert len(seen) > 15
    sorting: list[str] = []
    for one in seen:
        with plans(one.model.__tablename__) as steps:
            for way in ("asc", "desc"):
                ask(root, realm, one.name, sortOrder=way)
            for sort in one.sorts:
                ask(root, realm, one.name, sort=sort.name)
        sorting += [one.name] * sorts_all(steps)
    assert not sorting, ", ".join(sorting)


def test_what_people_sort_by_is_walked_in_its_order_from_the_cursor_on(realm: str, ben: ApiClient) -> None:
    for model, field in SORTED_BY_PEOPLE[realm]:
        keep(model, *[{"price": 100, "end_bid_date": LONG_AGO} if model is Product else {} for _ in range(5)])
        for way in ("asc", "desc"):
            with plans(model.__tablename__) as steps:
                first = ask(ben, realm, model.__object__, sortBy=field, sortOrder=way, limit=2)
                second = ask(ben, realm, model.__object__, sortBy=field, sortOrder=way, limit=2, after=first["next"])
            assert not sorts_all(steps), (field, way, steps)
            assert second["pageItem"] == 2


@pytest.mark.parametrize("realm", ["marketplace"])
def test_totals_of_listings_are_counted_in_indexes(realm: str, ben: ApiClient) -> None:
    keep(Product, *({"effective_end": now() + timedelta(days=1), "seller_id": seller, "held": held}
                    for seller in (ben.user_id, uuid7()) for held in (None, HIDDEN)))
    for query in ({}, {"sort": "endingSoonest"}):
        with plans("product_listing_product") as steps:
            assert ask(ben, realm, "productListingProduct", verb="count", **query)["total"] == 3
        free, own = [step for step in steps if "product_listing_product" in step]
        assert "USING COVERING INDEX" in free
        assert "ix_product_listing_product_seller (seller_id=?" in own


@pytest.mark.parametrize("realm", ["marketplace"])
def test_what_an_index_of_words_finds_is_looked_up_by_its_ids(realm: str, ben: ApiClient) -> None:
    keep(Product, *({"title": "Sextant", "held": held, "seller_id": ben.user_id, "owner": ben.user_id}
                    for held in (None, HIDDEN)))
    search_index("products").rebuild(declared_indexes()["products"].source)
    for query in ({}, {"facets": "condition"}, {"sort": "priceAscending"}):
        with plans("product_listing_product") as steps:
            assert ask(ben, realm, "productListingProduct", q="sextant", **query)["total"] == 2
        read = [step for step in steps if " product_listing_product " in step or "product_listing_product_1" in step]
        assert read
        assert all("(id=?)" in step or "(seller_id=?" in step for step in read), read
