"""Who is told what of bids and offers, in the app and by mail (rules-marketplace §6.3), through the real events."""
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.clock import moved_clock
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.events.deliveries import drain_deliveries
from app.events.event_delivery import EventDelivery
from app.notify.mailbox import read_outbox
from blueprints.marketplace.auction_offer.offer_commands import offer_second_chance
from blueprints.marketplace.notification_management.letters import LETTERS
from blueprints.marketplace.notification_management.rules import TYPES
from tests.clients import ApiClient, Callers
from tests.marketplace.auction_offer.saleroom import OFFERS, Saleroom
from tests.marketplace.notification_management.conftest import Row

Inbox = Callable[..., list[Row]]


def kinds(rows: list[Row]) -> list[str]:
    return [row["notificationType"] for row in rows]


def letters(user: ApiClient) -> list[str]:
    return [str(letter["template"]) for letter in reversed(read_outbox(user.email))]


def test_ao_2_the_outbid_bidder_is_told_once_in_the_app_and_by_mail(room: Saleroom, inbox: Inbox) -> None:
    """AO-2"""
    product_id = room.auction(title="Cartier <Tank>")
    bid_id = room.placed(room.ben, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    [told] = inbox(room.ben)
    assert told["notificationType"] == "BID_OUTBID"
    assert told["payload"] == {"productId": product_id, "bidId": bid_id, "bidAmount": 70, "currency": "USD"}
    assert inbox(room.cleo) == []
    [letter] = read_outbox(room.ben.email)
    assert letter["subject"] == "You were outbid: Cartier <Tank>"
    assert "The price is now 70.00 USD." in str(letter["text"])
    assert "Cartier &lt;Tank&gt;" in str(letter["html"])


def test_an_address_in_a_title_is_no_link_in_a_letter(room: Saleroom, inbox: Inbox) -> None:
    product_id = room.auction(title="Claim at https://evil.example")
    room.placed(room.ben, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    inbox(room.ben)
    [letter] = read_outbox(room.ben.email)
    assert letter["subject"] == "You were outbid: Claim at https ://evil. example"
    assert "https://" not in str(letter["text"])


def test_no_letter_of_trade_goes_to_an_address_that_nobody_has_proved(
        room: Saleroom, callers: Callers, inbox: Inbox) -> None:
    """Decision 44: the title in it may be the words of whoever typed the address in"""
    stranger = callers.user("eve", email_verified=False)
    product_id = room.auction(title="Clock")
    room.placed(stranger, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    assert kinds(inbox(stranger)) == ["BID_OUTBID"]
    assert letters(stranger) == []


def test_the_seller_is_told_of_each_bid_but_not_by_mail(room: Saleroom, inbox: Inbox) -> None:
    product_id = room.auction()
    bid_id = room.placed(room.ben, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    first, second = inbox(room.seller)
    assert kinds([first, second]) == ["BID_UPDATED", "BID_UPDATED"]
    assert first["payload"] == {"bidId": bid_id, "productId": product_id, "bidAmount": 60, "currency": "USD",
                                "status": "ACTIVE"}
    assert letters(room.seller) == []


def test_who_raises_the_own_bid_is_told_nothing(room: Saleroom, inbox: Inbox) -> None:
    """Decision 10"""
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    room.placed(room.ben, product_id, 80)
    assert inbox(room.ben) == []


def test_a_proxy_bidder_is_outbid_only_when_the_lead_changes(room: Saleroom, inbox: Inbox) -> None:
    """Decision 8; no notification or letter names a maximum"""
    product_id = room.auction(biddingMode="PROXY")
    room.placed(room.ben, product_id, 100)
    room.placed(room.cleo, product_id, 70)
    assert inbox(room.ben) == []
    room.placed(room.cleo, product_id, 987.65)
    [told] = inbox(room.ben)
    assert told["payload"]["bidAmount"] == room.price(product_id)[0]
    said = f"{inbox(room.ben)} {inbox(room.seller)} {read_outbox()}"
    assert "987.65" not in said


def test_who_cancels_the_leading_bid_was_not_outbid(room: Saleroom, inbox: Inbox) -> None:
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    bid_id = room.placed(room.cleo, product_id, 70)
    inbox(room.cleo)
    room.set_bid(room.cleo, bid_id, "CANCELLED")
    assert inbox(room.cleo) == []


def test_winner_loser_and_seller_are_told_how_the_auction_ended(room: Saleroom, inbox: Inbox) -> None:
    """X-3, decision 12"""
    product_id = room.auction(title="Clock")
    lost = room.placed(room.ben, product_id, 60)
    won = room.placed(room.cleo, product_id, 70)
    inbox(room.ben)
    with moved_clock(hours=2):
        [told_winner] = inbox(room.cleo)
        told_loser, told_seller = inbox(room.ben)[-1], inbox(room.seller)[-1]
    assert (told_winner["notificationType"], told_winner["payload"]["bidId"]) == ("BID_WON", won)
    assert (told_loser["notificationType"], told_loser["payload"]["bidId"]) == ("BID_UPDATED", lost)
    assert told_loser["payload"]["status"] == "LOST"
    assert told_seller["notificationType"] == "SYSTEM_ALERT"
    assert told_seller["payload"]["message"] == "Your auction “Clock” sold for 70.00 USD."
    assert (letters(room.cleo), letters(room.ben), letters(room.seller)) == (
        ["BID_WON"], ["BID_OUTBID"], ["SYSTEM_ALERT"])


def test_a_bidder_who_raised_and_lost_is_told_once(room: Saleroom, inbox: Inbox) -> None:
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    room.placed(room.ben, product_id, 65)
    room.placed(room.cleo, product_id, 90)
    with moved_clock(hours=2):
        assert kinds(inbox(room.ben)) == ["BID_OUTBID", "BID_UPDATED"]


def test_the_seller_is_told_that_an_auction_ended_without_a_sale(room: Saleroom, inbox: Inbox) -> None:
    room.auction(title="Clock")
    with moved_clock(hours=2):
        [told] = inbox(room.seller)
    assert told["payload"]["message"] == "Your auction “Clock” ended without a sale."


def test_ao_5_staff_who_award_a_bid_tell_its_bidder(room: Saleroom, inbox: Inbox) -> None:
    """AO-5"""
    bid_id = room.placed(room.ben, room.auction(), 60)
    room.set_bid(room.admin, bid_id, "WON")
    assert kinds(inbox(room.ben)) == ["BID_WON"]


def test_seller_and_buyer_are_told_of_each_step_of_an_offer(room: Saleroom, inbox: Inbox) -> None:
    """X-4"""
    product_id = room.fixed(title="Phone")
    offer_id = room.offered(room.ben, product_id, 70, message="For a <friend>")
    [placed] = inbox(room.seller)
    assert placed["notificationType"] == "OFFER_PLACED"
    assert placed["payload"] == {"offerId": offer_id, "productId": product_id, "status": "PENDING", "offerAmount": 70,
                                 "counterAmount": None, "currency": "USD"}
    room.answer(room.seller, offer_id, "COUNTERED", counterAmount=90)
    assert kinds(inbox(room.ben)) == ["OFFER_COUNTERED"]
    room.answer(room.ben, offer_id, "ACCEPTED")
    assert kinds(inbox(room.ben)) == ["OFFER_COUNTERED"]
    assert kinds(inbox(room.seller)) == ["OFFER_PLACED", "OFFER_ACCEPTED"]
    assert letters(room.seller) == ["OFFER_PLACED", "OFFER_ACCEPTED"]
    texts = [str(letter["text"]) for letter in reversed(read_outbox(room.seller.email))]
    assert "For a <friend>" in texts[0]
    assert "90.00 USD for “Phone” was accepted" in texts[1]


def test_the_buyer_is_told_that_the_seller_accepted_or_declined(room: Saleroom, inbox: Inbox) -> None:
    for status in ("ACCEPTED", "DECLINED"):
        offer_id = room.offered(room.ben, room.fixed(), 70)
        room.answer(room.seller, offer_id, status)
    assert kinds(inbox(room.ben)) == ["OFFER_ACCEPTED", "OFFER_DECLINED"]


def test_a_buyer_whose_offer_falls_with_the_last_unit_is_told(room: Saleroom, inbox: Inbox) -> None:
    """Decision 13"""
    product_id = room.fixed(quantity=1)
    room.offered(room.ben, product_id, 70)
    room.answer(room.seller, room.offered(room.cleo, product_id, 80), "ACCEPTED")
    assert kinds(inbox(room.ben)) == ["OFFER_DECLINED"]
    assert kinds(inbox(room.cleo)) == ["OFFER_ACCEPTED"]


def test_nobody_is_told_of_a_withdrawn_or_lapsed_offer(
        room: Saleroom, inbox: Inbox, settle: Callable[[], None]) -> None:
    withdrawn = room.offered(room.ben, room.fixed(), 70)
    room.offered(room.cleo, room.fixed(), 70)
    inbox(room.seller)
    room.ben.patch(f"{OFFERS}/{withdrawn}", json={"status": "CANCELLED"})
    with moved_clock(hours=49):
        settle()
    assert kinds(inbox(room.seller)) == ["OFFER_PLACED", "OFFER_PLACED"]
    assert inbox(room.ben) == []
    assert inbox(room.cleo) == []


def test_the_runner_up_is_told_of_a_second_chance(
        room: Saleroom, inbox: Inbox, settle: Callable[[], None]) -> None:
    """Decision 12"""
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    with moved_clock(hours=2):
        settle()
    with moved_clock(days=5):
        offer_second_chance(room.seller.actor, product_id)
        settle()
    assert kinds(inbox(room.ben)) == ["BID_OUTBID", "BID_UPDATED", "OFFER_COUNTERED"]


def test_an_event_that_is_delivered_again_tells_nobody_twice(room: Saleroom, inbox: Inbox) -> None:
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    room.placed(room.cleo, product_id, 70)
    before = inbox(room.ben), inbox(room.seller), len(read_outbox())
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(EventDelivery.__table__.update().values(status="pending"))
        work.commit()
    drain_deliveries()
    assert {row.status for row in fetch(select(EventDelivery.status))} == {"done"}
    assert (inbox(room.ben), inbox(room.seller), len(read_outbox())) == before


def test_a_user_who_left_is_not_told(room: Saleroom, inbox: Inbox) -> None:
    product_id = room.auction()
    room.placed(room.ben, product_id, 60)
    assert room.admin.delete(f"/marketplace/auth-api/v1/users/{room.ben.user_id}").status_code == 200
    room.placed(room.cleo, product_id, 70)
    assert kinds(inbox(room.admin)) == ["BID_UPDATED", "BID_UPDATED"]
    assert read_outbox(room.ben.email) == []


def test_every_type_but_the_noisy_ones_has_its_letter() -> None:
    assert set(LETTERS) == set(TYPES) - {"BID_UPDATED", "MESSAGE_SENT"}


@pytest.mark.parametrize("bids", [1, 4])
def test_a_notice_of_an_outbid_bidder_reads_one_bid_and_one_of_a_loser_none(
        room: Saleroom, settle: Callable[[], None], count_statements: Callable[[], Any], bids: int) -> None:
    """However often the bidder who is outbid has raised before: one statement, and none for who only lost."""
    product_id = room.auction()
    for number in range(bids):
        room.placed(room.ben, product_id, 60 + 10 * number)
    settle()
    room.placed(room.cleo, product_id, 200)
    with count_statements() as told:
        settle()
    # The copies of the views read bids by their ids (docs/decisions/121).
    assert len([statement for statement in told if "auction_offer_bid.product_id =" in statement]) == 1
    with moved_clock(hours=2), count_statements() as told:
        settle()
    assert not [statement for statement in told if "FROM auction_offer_bid AS" in statement]
