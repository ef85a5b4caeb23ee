"""What leaves the house about a listing: events without secrets, and the closing that is owed to an auction."""
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select

from app.clock import now
from app.data.columns import iso, parse_iso
from app.data.due_work import DueWork
from app.data.reads import fetch
from app.events.event_delivery import Event
from tests.clients import ApiClient
from tests.flow import everything_sent
from tests.marketplace.product_listing.conftest import OWN_PRODUCTS, PRODUCTS, Body

SECRETS = ("reservePrice", "leaderMax", "runnerUpMax", "uploaderId", "777.77", "77777")


def closings() -> dict[str, datetime]:
    return {row.subject: row.due_at for row in fetch(
        select(DueWork.subject, DueWork.due_at).where(DueWork.kind == "close-auction"))}


def days_ahead(days: int) -> str:
    text = iso(now() + timedelta(days=days))
    assert text is not None
    return text


def test_the_reserve_is_in_no_answer_event_or_list(
        seller: ApiClient, buyer: ApiClient, as_admin: ApiClient, auction: Callable[..., Body]) -> None:
    """Decision 11"""
    created = seller.post(PRODUCTS, json=auction(reservePrice=777.77))
    path = f"{PRODUCTS}/{created.json['productListingProduct']['id']}"
    edited = seller.patch(path, json={"title": "Edited"})
    said = [created.text, edited.text, *(caller.get(url).text for caller in (seller, buyer, as_admin)
                                         for url in (path, PRODUCTS)), seller.get(OWN_PRODUCTS).text]
    said += [event.payload for event in everything_sent()]
    assert not [secret for secret in SECRETS for text in said if secret in text]


def test_a_listing_is_told_as_dbevent_index_event_and_api_event(
        seller: ApiClient, fixed: Callable[..., Body], sent: Callable[[str], list[Event]]) -> None:
    answer: Any = seller.post(PRODUCTS, json=fixed()).json
    row = answer["productListingProduct"]
    prefix = "ebaycclone-productlisting-service"
    assert [event.payload for event in sent(f"{prefix}-dbevent-productlistingproduct-created")] == [row]
    assert [event.payload for event in sent("elastic-index-ebaycclone_productlistingproduct-created")] == [row]
    assert [event.payload for event in sent(f"{prefix}-productlistingproduct-created")] == [answer]


def test_an_edit_is_told_with_old_and_new_values(
        seller: ApiClient, fixed: Callable[..., Body], listed: Callable[[Body], Body],
        sent: Callable[[str], list[Event]]) -> None:
    path = f"{PRODUCTS}/{listed(fixed())['id']}"
    seller.patch(path, json={"price": 90})
    [event] = sent("ebaycclone-productlisting-service-dbevent-productlistingproduct-updated")
    assert event.payload["old_productListingProduct"]["price"] == 100
    assert event.payload["productListingProduct"]["price"] == 90
    assert event.payload["oldDataValues"]["price"] == 100
    assert event.payload["newDataValues"]["price"] == 90


def test_a_refused_listing_leaves_no_event(seller: ApiClient, fixed: Callable[..., Body]) -> None:
    before = len(everything_sent())
    seller.post(PRODUCTS, json=fixed(price=-1))
    assert len(everything_sent()) == before


def test_a_closing_is_owed_at_the_end_of_an_auction(
        seller: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    """Decision 12"""
    row = listed(auction(endBidDate=days_ahead(1)))
    assert closings() == {row["id"]: parse_iso(row["endBidDate"])}
    later = days_ahead(2)
    seller.patch(f"{PRODUCTS}/{row['id']}", json={"endBidDate": later})
    assert closings() == {row["id"]: parse_iso(later)}
    seller.delete(f"{PRODUCTS}/{row['id']}")
    assert closings() == {}


def test_no_closing_is_owed_to_a_fixed_listing_or_an_auction_without_end(
        fixed: Callable[..., Body], auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    listed(fixed(endBidDate=days_ahead(1)))
    listed(auction())
    assert closings() == {}


def test_what_is_fixed_at_creation_stays(
        seller: ApiClient, auction: Callable[..., Body], listed: Callable[[Body], Body]) -> None:
    """Decision 8"""
    row = listed(auction(biddingMode="PROXY"))
    assert (row["biddingMode"], row["biddingMode_idx"], row["acceptOffers"]) == ("PROXY", 1, True)
    edited = seller.patch(f"{PRODUCTS}/{row['id']}", json={"biddingMode": "OPEN", "acceptOffers": False})
    assert edited.json["productListingProduct"]["biddingMode"] == "PROXY"
    assert edited.json["productListingProduct"]["acceptOffers"] is False


def test_a_repeated_create_with_its_idempotency_key_lists_once(
        seller: ApiClient, fixed: Callable[..., Body], sent: Callable[[str], list[Event]]) -> None:
    """Decision 22"""
    key = {"Idempotency-Key": "listing-1"}
    first = seller.post(PRODUCTS, json=fixed(), headers=key)
    second = seller.post(PRODUCTS, json=fixed(), headers=key)
    assert orjson.loads(second.data) == orjson.loads(first.data)
    assert len(sent("ebaycclone-productlisting-service-dbevent-productlistingproduct-created")) == 1
