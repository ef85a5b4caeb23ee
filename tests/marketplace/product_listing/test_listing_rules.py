"""The pure rules of listings, sentence by sentence (rules-marketplace §8.3, decision 11)."""
from datetime import UTC, datetime, timedelta

import pytest

from blueprints.marketplace.product_listing import rules

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
FIXED = {"type": "FIXED", "price": 10_000, "shipping": 500}
AUCTION = {"type": "AUCTION", "start_price": 5_000, "shipping": 0}


@pytest.mark.parametrize("price", [None, 0])
def test_a_fixed_listing_without_a_price_above_zero_is_refused(price: int | None) -> None:
    assert set(rules.listing_faults(FIXED | {"price": price})) == {"price"}


def test_an_auction_without_a_start_price_is_refused() -> None:
    assert set(rules.listing_faults(AUCTION | {"start_price": None})) == {"start_price"}


def test_an_auction_may_start_at_zero() -> None:
    assert rules.listing_faults(AUCTION | {"start_price": 0}) == {}


@pytest.mark.parametrize("name", [*rules.LISTING_AMOUNTS, "shipping"])
def test_a_negative_amount_is_refused(name: str) -> None:
    assert name in rules.listing_faults({**FIXED, **AUCTION, "type": "FIXED", name: -1})


def test_all_faults_are_named_at_once() -> None:
    listing = {"type": "AUCTION", "shipping": -1, "soft_close_seconds": -1, "quantity": 0}
    assert set(rules.listing_faults(listing)) == {"start_price", "shipping", "soft_close_seconds", "quantity"}


@pytest.mark.parametrize("name", ["end_bid", "buy_now_price"])
def test_an_upper_amount_below_the_floor_is_refused(name: str) -> None:
    assert set(rules.listing_faults(AUCTION | {"start_bid": 6_000, name: 5_999})) == {name}
    assert rules.listing_faults(AUCTION | {"start_bid": 6_000, name: 6_000}) == {}


@pytest.mark.parametrize("name", ["end_bid", "buy_now_price"])
def test_an_upper_amount_below_the_reserve_is_refused(name: str) -> None:
    assert set(rules.listing_faults(AUCTION | {"reserve_price": 8_000, name: 7_999})) == {name}
    assert rules.listing_faults(AUCTION | {"reserve_price": 8_000, name: 8_000}) == {}


def test_fields_of_the_other_type_are_accepted_but_unused() -> None:
    assert rules.listing_faults(FIXED | {"start_price": 100, "end_bid": 1}) == {}


def test_the_floor_is_the_larger_of_start_price_and_start_bid() -> None:
    assert rules.bid_floor({"start_price": 50, "start_bid": 70}) == 70
    assert rules.bid_floor({"start_price": 50}) == 50


@pytest.mark.parametrize("later", [0, 1])
def test_an_auction_that_ends_when_or_before_it_starts_is_refused(later: int) -> None:
    dates = {"start_bid_date": NOON + timedelta(hours=later), "end_bid_date": NOON}
    assert set(rules.listing_faults(AUCTION | dates)) == {"end_bid_date"}


def test_an_end_date_that_is_not_in_the_future_is_refused() -> None:
    assert set(rules.past_faults({"end_bid_date": NOON}, NOON)) == {"end_bid_date"}
    assert rules.past_faults({"end_bid_date": NOON + timedelta(milliseconds=1)}, NOON) == {}


def test_an_end_date_that_is_not_given_is_not_looked_at() -> None:
    assert rules.past_faults({"title": "Phone"}, NOON) == {}


def test_a_hard_end_before_the_end_is_refused() -> None:
    dates = {"end_bid_date": NOON, "hard_end_date": NOON - timedelta(seconds=1)}
    assert set(rules.listing_faults(AUCTION | dates)) == {"hard_end_date"}


def test_a_soft_close_without_an_end_to_move_is_refused() -> None:
    assert set(rules.listing_faults(AUCTION | {"soft_close_seconds": 60})) == {"soft_close_seconds"}
    assert rules.listing_faults(AUCTION | {"soft_close_seconds": 60, "end_bid_date": NOON}) == {}


def test_a_quantity_below_what_is_reserved_and_sold_is_refused() -> None:
    stock = {"reserved": 2, "sold": 3}
    assert set(rules.listing_faults(FIXED | stock | {"quantity": 4})) == {"quantity"}
    assert rules.listing_faults(FIXED | stock | {"quantity": 5}) == {}


def test_a_listing_with_active_bids_cannot_be_edited() -> None:
    assert rules.edit_refusal({"highest_bidder_id": "b"}, NOON) == ("ListingHasBids", "The listing has active bids")


def test_a_listing_with_open_orders_cannot_be_edited() -> None:
    refusal = rules.edit_refusal({"reserved": 1}, NOON)
    assert refusal is not None
    assert refusal[0] == "ListingHasOpenOrders"


def test_a_closed_auction_cannot_be_edited_but_one_nobody_won_can_be_deleted() -> None:
    unsold = {"closed_at": NOON, "highest_bidder_id": "b"}
    refusal = rules.edit_refusal(unsold, NOON)
    assert refusal is not None
    assert refusal[0] == "ListingClosed"
    assert rules.engagement(unsold, NOON) is None


def test_an_auction_that_has_ended_cannot_be_edited_though_nobody_has_closed_it_yet() -> None:
    refusal = rules.edit_refusal({"effective_end": NOON}, NOON)
    assert refusal is not None
    assert refusal[0] == "ListingClosed"
    assert rules.edit_refusal({"effective_end": NOON}, NOON - timedelta(milliseconds=1)) is None


def test_a_won_auction_is_held_until_its_winner_has_bought() -> None:
    won = {"closed_at": NOON, "highest_bidder_id": "b", "winner_bid_id": "w"}
    refusal = rules.engagement(won, NOON)
    assert refusal is not None
    assert refusal[0] == "ListingAwaitsPayment"
    assert rules.engagement(won | {"sold": 1}, NOON) is None


def test_a_listing_promised_by_an_accepted_offer_is_held_until_the_buyers_time_is_over() -> None:
    promised = {"promised_until": NOON}
    refusal = rules.edit_refusal(promised, NOON - timedelta(milliseconds=1))
    assert refusal is not None
    assert refusal[0] == "ListingPromised"
    assert rules.edit_refusal(promised, NOON) is None


@pytest.mark.parametrize(("given", "field"), [
    ({"mime_type": "text/plain"}, "mime_type"), ({"mime_type": "image/svg+xml"}, "mime_type"),
    ({"size": 0}, "size"), ({"size": 10_485_761}, "size"),
])
def test_media_of_a_wrong_type_or_size_is_refused(given: dict[str, object], field: str) -> None:
    asset = {"mime_type": "image/png", "size": 10_485_760}
    assert rules.media_faults(**asset) == {}
    assert set(rules.media_faults(**(asset | given))) == {field}


def test_media_ids_are_appended_and_removed_once() -> None:
    assert rules.edited_media(["a"], "b", None) == ["a", "b"]
    assert rules.edited_media(["a", "b"], "b", None) == ["a", "b"]
    assert rules.edited_media(["a", "b"], None, "a") == ["b"]
    assert rules.edited_media(None, None, "a") == []
