"""A date without a time is a day of the realm's zone (setting TIME_ZONE)."""
from collections.abc import Callable

import pytest
from flask import Flask

from tests.clients import ApiClient
from tests.marketplace.product_listing.conftest import PRODUCTS, Body, refusal


@pytest.mark.parametrize(("time_zone", "begins"), [
    ("UTC", "2099-07-01T00:00:00.000Z"), ("Europe/Kyiv", "2099-06-30T21:00:00.000Z"),
    ("Europe/Kyiv,marketplace:America/New_York", "2099-07-01T04:00:00.000Z"),
    ("Europe/Kyiv,equipment:America/New_York", "2099-06-30T21:00:00.000Z")])
def test_a_day_begins_at_midnight_of_the_realms_zone(
        time_zone: str, begins: str, seller: ApiClient, make_app: Callable[..., Flask],
        auction: Callable[..., Body]) -> None:
    there = ApiClient(make_app(TIME_ZONE=time_zone), token=seller.token)
    answer = there.post(PRODUCTS, json=auction(endBidDate="2099-07-01"))
    assert answer.status_code == 201, answer.json
    assert answer.json["productListingProduct"]["endBidDate"] == begins


@pytest.mark.parametrize("day", ["0001-01-01", "2099-02-30", "2099-7-1"])
def test_a_day_that_is_none_is_refused_in_every_zone(
        day: str, seller: ApiClient, make_app: Callable[..., Flask], auction: Callable[..., Body]) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        there = ApiClient(make_app(TIME_ZONE=zone), token=seller.token)
        assert set(refusal(there.post(PRODUCTS, json=auction(endBidDate=day)), 400)["detail"]) == {"endBidDate"}
