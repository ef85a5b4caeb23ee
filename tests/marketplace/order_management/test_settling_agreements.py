"""Accepted offers and won auctions are ordered at their price, once (scenarios X-1 to X-3, decision 14)."""
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.data.columns import iso
from app.errors import RuleViolated
from app.jobs.worker import run_job
from blueprints.marketplace.order_management.placing import Wanted, place_order
from blueprints.marketplace.product_listing.commands import delete_product, update_product
from blueprints.marketplace.product_listing.stock import unordered_auctions
from tests.app.payments.stand_in import VISA
from tests.marketplace.order_management.shop import BIDS, OFFERS, ORDERS, PRODUCTS, ok


def accepted_offer(shop, listing, amount=80, buyer=None):
    buyer = buyer or shop.buyer
    body = {"productId": listing, "offerAmount": amount, "currency": "USD", "status": "PENDING"}
    offer = ok(buyer.post(OFFERS, json=body), 201)["auctionOfferOffer"]
    return ok(shop.seller.patch(f"{OFFERS}/{offer['id']}", json={"status": "ACCEPTED"}))["auctionOfferOffer"]


def auction(shop, hours=1, **fields):
    ends = iso(now() + timedelta(hours=hours))
    return shop.list_product(type="AUCTION", startPrice=50, endBidDate=ends, shipping=0, **fields)


def bid(buyer, listing, amount):
    body = {"productId": listing, "bidAmount": amount, "currency": "USD", "status": "ACTIVE"}
    return ok(buyer.post(BIDS, json=body), 201)["auctionOfferBid"]


@pytest.fixture
def won_auction(shop, settle):
    """An auction B bid 60 on and B2 won with 70; the clock stands after its end."""
    listing = auction(shop)
    bid(shop.buyer, listing, 60)
    bid(shop.buyer2, listing, 70)
    with moved_clock(hours=1, minutes=1):
        settle()
        yield listing


def test_x_1_a_fixed_price_purchase_from_order_to_delivery(shop, settle):
    """X-1, who is told of each step (the whole of it: test_feedback_scenarios.py)"""
    listing, order = shop.list_product(), shop.place()
    ok(shop.add(order["id"], listing), 201)
    settle()
    assert len(shop.notices(shop.buyer, "ORDER_PLACED")) == len(shop.notices(shop.seller, "ORDER_PLACED")) == 1
    ok(shop.start(order["id"]))
    ok(shop.move(shop.seller, order["id"], "SHIPPED", trackingNumber="T1"))
    ok(shop.move(shop.buyer, order["id"], "DELIVERED"))
    settle()
    for actor, kind in ((shop.buyer, "ORDER_PAID"), (shop.seller, "ORDER_PAID"), (shop.buyer, "ORDER_SHIPPED"),
                        (shop.seller, "ORDER_DELIVERED"), (shop.buyer, "FEEDBACK_REQUESTED")):
        assert len(shop.notices(actor, kind)) == 1, kind


def test_x_2_an_accepted_offer_is_ordered_at_its_price_by_its_buyer(shop):
    """X-2"""
    listing = shop.list_product()
    accepted_offer(shop, listing)
    other = shop.place(buyer=shop.buyer2)
    assert shop.add(other["id"], listing, buyer=shop.buyer2, price=80).status_code == 400
    order = shop.place()
    assert ok(shop.add(order["id"], listing, price=80), 201)["orderManagementOrderItem"]["price"] == 80
    assert shop.read(order["id"])["summary"] == {
        "subtotal": 80, "shipping": 5, "discount": 0, "total": 85, "currency": "USD"}


def test_an_accepted_offer_settles_once(shop):
    listing = shop.list_product()
    offer = accepted_offer(shop, listing)
    first, second = shop.place(), shop.place()
    ok(shop.add(first["id"], listing, price=80), 201)
    assert shop.add(second["id"], listing, price=80).status_code == 400
    taken = shop.try_order({"productId": listing, "offerId": offer["id"]})
    assert (taken.status_code, taken.json["errCode"]) == (400, "NoAcceptedOffer")


def test_an_accepted_offer_is_free_again_when_its_order_is_cancelled(shop):
    listing = shop.list_product()
    offer = accepted_offer(shop, listing)
    first = shop.order({"productId": listing, "offerId": offer["id"]})
    assert first["summary"]["total"] == 85
    ok(shop.cancel(shop.buyer, first["id"]))
    assert shop.order({"productId": listing, "offerId": offer["id"]})["summary"]["total"] == 85


def test_an_agreed_price_is_for_one_unit(shop):
    listing = shop.list_product()
    offer = accepted_offer(shop, listing)
    refused = shop.try_order({"productId": listing, "offerId": offer["id"], "quantity": 2})
    assert (refused.status_code, refused.json["errCode"]) == (400, "OneUnitAgreed")


def test_somebody_elses_offer_is_of_no_use(shop):
    listing = shop.list_product()
    offer = accepted_offer(shop, listing)
    refused = shop.try_order({"productId": listing, "offerId": offer["id"]}, buyer=shop.buyer2)
    assert refused.status_code == 400


def test_x_3_the_winner_orders_the_auction_at_its_price(shop, won_auction):
    """X-3"""
    loser, winner = shop.place(), shop.place(buyer=shop.buyer2)
    assert shop.add(loser["id"], won_auction, price=60).status_code == 400
    assert shop.add(loser["id"], won_auction, price=70).status_code == 400
    assert shop.add(winner["id"], won_auction, buyer=shop.buyer2, price=60).status_code == 400
    item = ok(shop.add(winner["id"], won_auction, buyer=shop.buyer2, price=70, shipping=0), 201)
    assert item["orderManagementOrderItem"]["price"] == 70
    again = shop.place(buyer=shop.buyer2)
    assert shop.add(again["id"], won_auction, buyer=shop.buyer2, price=70).status_code == 400
    assert ok(shop.start(winner["id"], buyer=shop.buyer2))["orderManagementOrder"]["status"] == "PAID"
    assert len(shop.notices(shop.buyer2, "BID_WON")) == 1


def test_an_auction_is_ordered_whole_by_naming_it(shop, won_auction):
    assert shop.order(won_auction, buyer=shop.buyer2)["summary"]["total"] == 70
    assert shop.try_order({"productId": won_auction}).status_code == 400


def test_a_winner_who_does_not_pay_in_four_days_loses_the_item_to_the_runner_up(shop, won_auction, settle):
    order = shop.order(won_auction, buyer=shop.buyer2)
    with moved_clock(days=3, hours=23):
        settle()
        assert shop.read(order["id"], shop.super_admin)["status"] == "PENDING_PAYMENT"
        assert run_job("second-chances") == "0 offered"
    with moved_clock(days=4, hours=1):
        settle()
        assert shop.read(order["id"], shop.super_admin)["status"] == "CANCELLED"
        assert run_job("second-chances") == "1 offered"
        assert run_job("second-chances") == "0 offered"
        settle()
        offer = ok(shop.seller.get(f"{OFFERS}?productId={won_auction}&caching=false"))["auctionOfferOffers"][0]
        assert (offer["buyerId"], offer["counterAmount"], offer["status"]) == (shop.buyer.user_id, 60, "COUNTERED")
        ok(shop.buyer.patch(f"{OFFERS}/{offer['id']}", json={"status": "ACCEPTED"}))
        assert shop.order(won_auction)["summary"]["total"] == 60


def test_a_winner_who_paid_keeps_the_item(shop, won_auction, settle):
    order = shop.order(won_auction, buyer=shop.buyer2)
    ok(shop.start(order["id"], buyer=shop.buyer2))
    with moved_clock(days=9):
        settle()
        assert run_job("second-chances") == "0 offered"
        assert shop.read(order["id"], shop.super_admin)["status"] == "PAID"


def test_a_won_auction_that_was_paid_is_settled_even_if_its_order_is_cancelled(shop, won_auction, settle):
    """Nobody failed to pay: there is no second chance to give, and the price was agreed for one sale."""
    order = shop.order(won_auction, buyer=shop.buyer2)
    ok(shop.start(order["id"], buyer=shop.buyer2))
    ok(shop.cancel(shop.seller, order["id"]))
    assert shop.try_order({"productId": won_auction}, buyer=shop.buyer2).status_code == 400
    with moved_clock(days=5):
        settle()
        assert run_job("second-chances") == "0 offered"


def test_an_auction_bought_at_once_is_ordered_at_that_price(shop, settle):
    listing = auction(shop, buyNowPrice=90)
    body = {"productId": listing, "bidAmount": 90, "currency": "USD", "status": "ACTIVE", "buyNow": True}
    ok(shop.buyer.post(BIDS, json=body), 201)
    settle()
    assert shop.try_order({"productId": listing}, buyer=shop.buyer2).status_code == 400
    assert shop.paid_order(listing)["summary"]["total"] == 90


def test_a_refunded_auction_is_its_sellers_again_and_nobody_elses_second_chance(shop, won_auction, settle):
    order = shop.order(won_auction, buyer=shop.buyer2)
    ok(shop.start(order["id"], buyer=shop.buyer2))
    ok(shop.move(shop.admin, order["id"], "REFUNDED"))
    settle()
    with moved_clock(days=9):
        assert run_job("second-chances") == "0 offered"
        assert unordered_auctions(now(), 10) == []
        ok(shop.seller.delete(f"{PRODUCTS}/{won_auction}"))


def test_a_listing_with_an_open_order_is_not_edited(shop):
    listing = shop.list_product()
    shop.order(listing)
    refused = shop.seller.patch(f"{PRODUCTS}/{listing}", json={"price": 90})
    assert (refused.status_code, refused.json["errCode"]) == (400, "ListingHasOpenOrders")


def test_each_of_two_accepted_offers_settles_an_order_of_its_own(shop):
    listing = shop.list_product(quantity=5)
    for _ in range(2):
        accepted_offer(shop, listing)
    for _ in range(2):
        ok(shop.add(shop.place()["id"], listing, price=80), 201)
    assert shop.add(shop.place()["id"], listing, price=80).status_code == 400


def test_the_unit_an_accepted_offer_promises_is_kept_from_those_who_pay_the_full_price(shop):
    """Decision 13, docs/decisions/061"""
    listing = shop.list_product(quantity=2)
    offer = accepted_offer(shop, listing)
    refused = shop.try_order({"productId": listing, "quantity": 2}, buyer=shop.buyer2)
    assert (refused.status_code, refused.json["errCode"], refused.json["detail"]["left"]) == (400, "OutOfStock", 1)
    shop.order(listing, buyer=shop.buyer2)
    assert shop.try_order({"productId": listing, "quantity": 1}, buyer=shop.buyer2).json["errCode"] == "OutOfStock"
    shop.order({"productId": listing, "quantity": 1, "offerId": offer["id"]})


def test_a_promised_unit_that_nobody_orders_is_sold_after_four_days(shop):
    """docs/decisions/061"""
    listing = shop.list_product(quantity=1)
    accepted_offer(shop, listing)
    wanted = {"shipping_address": {"city": "X"}, "payment_method_id": VISA, "stripe_customer_id": "cus_1",
              "lines": [Wanted(listing)]}
    with moved_clock(days=3, hours=23), pytest.raises(RuleViolated, match="only 0 left"):
        place_order(shop.buyer2.actor, **wanted)
    with moved_clock(days=4, hours=1):
        place_order(shop.buyer2.actor, **wanted)


@pytest.mark.parametrize("agreed", [80, 80.55])
def test_an_offer_is_not_ordered_in_a_currency_it_was_not_accepted_in(shop, agreed):
    """80 USD are not 8000 yen: when the buyer's time is over, the seller may price the listing anew."""
    listing = shop.list_product()
    offer = accepted_offer(shop, listing, agreed)
    with moved_clock(days=5):
        update_product(shop.seller.actor, listing, price=100, currency="JPY", shipping_currency="JPY")
    refused = shop.try_order({"productId": listing, "offerId": offer["id"], "quantity": 1})
    assert (refused.status_code, refused.json["errCode"]) == (400, "CurrencyDiffers")
    refused = shop.add(shop.place()["id"], listing, price=8000, currency="JPY")
    assert (refused.status_code, refused.json["errCode"]) == (400, "PriceDiffers")


def test_a_listing_promised_by_an_accepted_offer_is_neither_edited_nor_withdrawn(shop):
    """docs/decisions/061"""
    listing = shop.list_product(quantity=3)
    offer = accepted_offer(shop, listing)

    def refusals():
        path = f"{PRODUCTS}/{listing}"
        return {answer.json.get("errCode") for answer in (
            shop.seller.patch(path, json={"price": 90}), shop.seller.delete(path))}

    assert refusals() == {"ListingPromised"}
    order = shop.order({"productId": listing, "quantity": 1, "offerId": offer["id"]})
    assert refusals() == {"ListingHasOpenOrders"}
    ok(shop.buyer.delete(f"{ORDERS}/v1/ordermanagementorders/{order['id']}"))
    assert refusals() == {"ListingPromised"}
    with moved_clock(days=5):
        assert delete_product(shop.seller.actor, listing).is_active is False


@pytest.mark.parametrize("first", ["auction", "offer"])
def test_a_won_auction_and_an_accepted_offer_are_ordered_together(shop, won_auction, first):
    listing = shop.list_product()
    offer = accepted_offer(shop, listing, buyer=shop.buyer2)
    won = {"productId": won_auction, "quantity": 1}
    offered = {"productId": listing, "quantity": 1, "offerId": offer["id"]}
    lines = [won, offered] if first == "auction" else [offered, won]
    assert shop.order(*lines, buyer=shop.buyer2)["summary"]["total"] == 70 + 85
