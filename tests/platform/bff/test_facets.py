"""What an object declares as a facet is counted, whatever its kind (docs/decisions/104)."""
from typing import Any

import pytest

from app.data.visibility import masked_fields, read_objects
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.product_listing.models import Product
from tests.clients import ApiClient
from tests.platform.bff.rows import ask, keep


def test_what_is_declared_is_counted(realm: str, people: Any) -> None:
    top = people.super_admin()
    for of, one in read_objects():
        if of == realm and one.facets and one.who(top.actor):
            assert not set(one.facets) & masked_fields(one.visibility, top.actor)
            facets = ask(top, realm, one.name, facets=",".join(one.facets))["facets"]
            assert [*facets] == [*one.facets]
            assert all("min" not in said for said in facets.values()), one.name


@pytest.mark.both("numbers are put in order by each database's own means")
@pytest.mark.parametrize("realm", ["marketplace"])
def test_numbers_that_are_declared_are_counted_and_others_measured(realm: str, ben: ApiClient) -> None:
    keep(Feedback, *({"rating": rating} for rating in (5, 5, 4)))
    found = ask(ben, realm, "feedback", facets="rating,recordVersion", filters={
        "rating": {"operator": "eq", "value": 4}})
    assert found["total"] == 1
    assert found["facets"] == {"rating": {"5": 2, "4": 1}, "recordVersion": {"min": 1, "max": 1}}


@pytest.mark.parametrize("realm", ["marketplace"])
def test_listings_are_counted_by_how_they_are_shipped(realm: str, ben: ApiClient) -> None:
    keep(Product, {"shipping_method": "EXPRESS"})
    assert ask(ben, realm, "productListingProduct", facets="shippingMethod")["facets"] == {
        "shippingMethod": {"EXPRESS": 1}}
