"""A row that a transaction changes is written as JSON once, for its event and for the answer (decision 27).

The audit of what staff change of others' keeps rows of its own (app/data/staff_changes.py)."""
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.clock import now
from app.data.columns import iso
from app.data.entity import Entity
from app.data.serialization import RowSerializer, Wire
from tests.clients import Callers
from tests.marketplace.auction_offer.saleroom import PRODUCTS, Saleroom


@pytest.fixture
def serialised(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Counter[str]]:
    """Call it: returns the objects that were serialised since the last call, each with how often."""
    seen, entity = Counter[str](), RowSerializer.entity

    def counted(self: RowSerializer, row: Entity) -> Wire:
        seen[f"{row.__object__} {row.id}"] += 1
        return entity(self, row)

    def since() -> Counter[str]:
        last = seen.copy()
        seen.clear()
        return last

    monkeypatch.setattr(RowSerializer, "entity", counted)
    return since


def test_what_a_call_creates_changes_and_deletes_is_serialised_once(
        callers: Callers, serialised: Callable[[], Counter[str]]) -> None:
    room = Saleroom(callers)
    serialised()
    listing = room.fixed()
    once = {f"productListingProduct {listing}": 1}
    assert serialised() == once
    assert room.seller.patch(f"{PRODUCTS}/{listing}", json={"title": "Lens"}).status_code == 200
    assert serialised() == once
    assert room.seller.delete(f"{PRODUCTS}/{listing}").status_code == 200
    assert serialised() == once


def test_a_bid_serialises_itself_the_listing_and_whom_it_outbids_once_each(
        callers: Callers, serialised: Callable[[], Counter[str]]) -> None:
    room = Saleroom(callers)
    ends = iso(now() + timedelta(hours=1))
    auction = room.auction(hours=None, endBidDate=ends, biddingMode="PROXY", softCloseSeconds=60, hardEndDate=ends)
    first = room.placed(room.ben, auction, 60)
    serialised()
    second = room.placed(room.cleo, auction, 55)
    assert serialised() == {f"productListingProduct {auction}": 1, f"auctionOfferBid {first}": 1,
                            f"auctionOfferBid {second}": 1}
