"""Watchers hear of a lower price, of the end of an auction and of a sale, each once (decisions/073)."""
from datetime import timedelta

import pytest

from app.clock import moved_clock, now
from app.data.columns import iso
from blueprints.marketplace.watchlist_cart import notices, rules
from blueprints.marketplace.watchlist_cart.commands import watch
from blueprints.marketplace.watchlist_cart.topics import WATCHED_NEWS
from blueprints.platform.auth.commands import archive_profile
from blueprints.platform.notification.unread import check_unread
from tests.marketplace.watchlist_cart.shelf import ITEMS, PRODUCTS, Shelf, ok

BIDS = "/marketplace/auctionoffer-api/v1/auctionofferbids"


def set_price(shelf, product, price, **fields):
    ok(shelf.seller.patch(f"{PRODUCTS}/{product}", json={"price": price} | fields))


def news(shelf: Shelf, who):
    return [one["news"] for one in shelf.notices(who)]


def test_a_price_that_rises_or_was_told_lower_before_is_no_news(shelf, settle):
    product = shelf.listing()
    shelf.watch(product)
    for price, expected in ((110, []), (100, []), (90, [90]), (95, [90]), (92, [90]), (90, [90]), (80, [90, 80])):
        set_price(shelf, product, price)
        settle()
        assert [one["price"] for one in shelf.notices(shelf.ben)] == expected
    assert shelf.notices(shelf.ben)[-1]["message"] == "“Phone”, which you watch, now costs 80.00 USD."
    assert shelf.notices(shelf.cleo) == shelf.notices(shelf.seller) == []
    assert check_unread()[0] == "ok"


def test_a_price_in_another_currency_is_no_lower_price_and_counts_from_then_on(shelf, settle):
    product = shelf.listing()
    shelf.watch(product)
    set_price(shelf, product, 50, currency="EUR", shippingCurrency="EUR")
    settle()
    assert news(shelf, shelf.ben) == []
    set_price(shelf, product, 40)
    settle()
    assert news(shelf, shelf.ben) == ["PRICE_FELL"]


def test_who_watches_a_product_in_several_lists_hears_once(shelf, settle):
    product, gifts = shelf.listing(), shelf.folder("Gifts")
    shelf.watch(product)
    set_price(shelf, product, 80)
    settle()
    set_price(shelf, product, 95)
    shelf.watch(product, gifts)
    set_price(shelf, product, 85)
    settle()
    assert [one["price"] for one in shelf.notices(shelf.ben)] == [80]
    set_price(shelf, product, 70)
    settle()
    assert [one["price"] for one in shelf.notices(shelf.ben)] == [80, 70]


def test_who_watches_no_longer_or_is_gone_hears_nothing(shelf, settle):
    product = shelf.listing()
    item = shelf.watch(product)
    shelf.watch(product, who=shelf.cleo)
    ok(shelf.ben.delete(f"{ITEMS}/{item}"))
    archive_profile(shelf.cleo.actor, shelf.cleo.user_id)
    set_price(shelf, product, 80)
    settle()
    assert news(shelf, shelf.ben) == []
    assert ok(shelf.admin.get(f"/marketplace/notificationmanagement-api/v1/notifications?userId={shelf.cleo.user_id}"
                              "&notificationType=SYSTEM_ALERT"))["notifications"] == []


def test_very_many_watchers_are_told_in_batches(shelf, callers, settle, sent, monkeypatch):
    monkeypatch.setattr(notices, "WATCHERS_AT_ONCE", 2)
    product, gifts = shelf.listing(), shelf.folder("Gifts")
    watchers = [shelf.ben, shelf.cleo, *(callers.user(f"watcher{number}") for number in range(3))]
    for who in watchers:
        shelf.watch(product, who=who)
    shelf.watch(product, gifts)
    set_price(shelf, product, 80)
    for _ in range(4):
        with moved_clock(seconds=1):
            settle()
    assert [news(shelf, who) for who in watchers] == [["PRICE_FELL"]] * 5
    assert sorted(user for event in sent(WATCHED_NEWS) for user in event.payload["userIds"]) == sorted(
        str(who.user_id) for who in watchers)


def test_watchers_of_an_auction_are_reminded_a_day_and_an_hour_before_its_end(shelf, settle):
    auction, later = shelf.auction(hours=72), shelf.auction(hours=72)
    shelf.watch(auction)
    settle()
    assert news(shelf, shelf.ben) == []
    for hours, expected in ((47, []), (48.1, ["ENDS_IN_A_DAY"]), (49, ["ENDS_IN_A_DAY"]),
                            (71.1, ["ENDS_IN_A_DAY", "ENDS_IN_AN_HOUR"])):
        with moved_clock(hours=hours):
            settle()
            settle()
        assert news(shelf, shelf.ben) == expected
    with moved_clock(hours=71.2):
        watch(shelf.ben.actor, product_id=later, added_at=now())  # later than the reminder of the last hour
        settle()
    assert len(news(shelf, shelf.ben)) == 2


def test_an_end_that_is_moved_moves_the_reminders(shelf, settle):
    auction = shelf.auction(hours=72)
    shelf.watch(auction)
    settle()
    ok(shelf.seller.patch(f"{PRODUCTS}/{auction}", json={"endBidDate": iso(now() + timedelta(hours=120))}))
    settle()
    with moved_clock(hours=50):
        settle()
    assert news(shelf, shelf.ben) == []
    with moved_clock(hours=97):
        settle()
    assert news(shelf, shelf.ben) == ["ENDS_IN_A_DAY"]


def test_watchers_of_an_auction_hear_that_it_was_won_and_its_winner_knows(shelf, callers, settle):
    won, unsold = shelf.auction(hours=2), shelf.auction(hours=2)
    for who in (shelf.ben, shelf.cleo):
        shelf.watch(won, who=who)
        shelf.watch(unsold, who=who)
    ok(shelf.ben.post(BIDS, json={"productId": won, "bidAmount": 60, "currency": "USD"}), 201)
    with moved_clock(hours=2, minutes=1):
        settle()
    assert ("SOLD" in news(shelf, shelf.ben), news(shelf, shelf.cleo).count("SOLD")) == (False, 1)


@pytest.mark.once("pure decisions")
def test_reminders_are_for_what_has_not_ended():
    moment = now()
    assert rules.reminders(None, moment) == rules.reminders(moment, moment) == dict.fromkeys(rules.BEFORE_THE_END)
    ends = moment + timedelta(hours=2)
    assert rules.reminders(ends, moment) == {
        rules.ENDS_IN_A_DAY: ends - timedelta(hours=24), rules.ENDS_IN_AN_HOUR: ends - timedelta(hours=1)}
    assert not rules.is_reminder_due(rules.ENDS_IN_AN_HOUR, ends, moment)
    assert rules.is_reminder_due(rules.ENDS_IN_AN_HOUR, ends, moment + timedelta(hours=1))
    assert not rules.is_reminder_due(rules.ENDS_IN_AN_HOUR, ends, ends)
