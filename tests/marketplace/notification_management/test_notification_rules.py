"""Who is told what (rules-marketplace §6.3), decided without a database."""
import pytest

from blueprints.marketplace.notification_management import rules

OFFER = {"status": "ACCEPTED", "buyerId": "buyer", "sellerId": "seller"}


@pytest.mark.parametrize(("channel", "is_read", "settled"), [
    ("EMAIL", False, True), ("EMAIL", True, True), ("IN_APP", False, False), ("IN_APP", True, True)])
def test_a_mail_is_always_read(channel: str, is_read: bool, settled: bool) -> None:
    assert rules.settled_read(channel, is_read) is settled


def test_the_former_leader_is_told_of_being_outbid() -> None:
    told = rules.outbid({"oldLeaderId": "b", "oldPrice": 60, "leaderId": "b2", "price": 70})
    assert told == ("BID_OUTBID", "b")


@pytest.mark.parametrize(("old_leader", "old_price", "leader", "price"), [
    (None, None, "b", 60), ("b", 60, "b", 65), ("b2", 70, "b", 60), ("b2", 70, "b", 70), ("b", 60, None, None),
], ids=["first bid", "leader raises", "leader cancels", "leader at the reserve cancels", "only bidder cancels"])
def test_nobody_is_outbid_by(
        old_leader: str | None, old_price: int | None, leader: str | None, price: int | None) -> None:
    changed = {"oldLeaderId": old_leader, "oldPrice": old_price, "leaderId": leader, "price": price}
    assert rules.outbid(changed) is None


@pytest.mark.parametrize(("old", "new", "kind"), [
    ("ACTIVE", "WON", "BID_WON"), ("ACTIVE", "LOST", "BID_UPDATED"), ("WON", "CANCELLED", "BID_UPDATED")])
def test_a_bidder_hears_that_the_bid_won_or_lost_or_that_the_win_ended(old: str, new: str, kind: str) -> None:
    assert rules.bid_settled(old, {"status": new, "userId": "b"}, was_raised=False) == (kind, "b")


@pytest.mark.parametrize(("old", "new", "was_raised"), [
    ("ACTIVE", "LOST", True), ("ACTIVE", "CANCELLED", False), ("WON", "WON", False)])
def test_a_raise_and_an_own_withdrawal_are_no_news(old: str, new: str, was_raised: bool) -> None:
    assert rules.bid_settled(old, {"status": new, "userId": "b"}, was_raised) is None


@pytest.mark.parametrize(("status", "kind"), [
    ("ACCEPTED", "OFFER_ACCEPTED"), ("DECLINED", "OFFER_DECLINED"), ("COUNTERED", "OFFER_COUNTERED")])
def test_the_buyer_hears_what_the_seller_answered(status: str, kind: str) -> None:
    assert rules.offer_answered("PENDING", OFFER | {"status": status}, "seller") == (kind, "buyer")


def test_the_seller_hears_that_the_buyer_accepted_the_counter() -> None:
    assert rules.offer_answered("COUNTERED", OFFER, "buyer") == ("OFFER_ACCEPTED", "seller")


def test_a_buyer_whose_offer_fell_with_the_last_unit_hears_of_it() -> None:
    told = rules.offer_answered("PENDING", OFFER | {"status": "DECLINED"}, "another buyer")
    assert told == ("OFFER_DECLINED", "buyer")


def test_a_buyer_whose_own_counter_took_the_last_unit_hears_that_the_other_offer_fell() -> None:
    """Nobody declined it: the seller, who is told that the counter was accepted, has not lost a sale."""
    told = rules.offer_answered("PENDING", OFFER | {"status": "DECLINED"}, "buyer")
    assert told == ("OFFER_DECLINED", "buyer")


@pytest.mark.parametrize(("old", "new"), [("PENDING", "CANCELLED"), ("PENDING", "EXPIRED"), ("ACCEPTED", "ACCEPTED")])
def test_nobody_is_told_of(old: str, new: str) -> None:
    assert rules.offer_answered(old, OFFER | {"status": new}, "buyer") is None
