"""Scenarios AO-1 … AO-6, X-3 and X-6 of rules-marketplace, as decisions 8–12 change them (bids)."""
from datetime import timedelta
from uuid import uuid4

import pytest

from app.clock import moved_clock, now
from app.data.columns import iso
from tests.marketplace.auction_offer.saleroom import BIDS, PRODUCTS, refused, status_after


def test_ao_3_a_bid_without_a_token_is_refused(room, client):
    assert room.bid(client, room.auction(), 60).status_code == 401


def test_ao_3_the_seller_may_not_bid(room):
    assert room.bid(room.seller, room.auction(), 60).status_code == 403


def test_ao_3_a_bid_on_a_fixed_price_listing_is_refused(room):
    assert refused(room.bid(room.ben, room.fixed(), 60)) == (400, "NotAnAuction")


def test_ao_3_a_bid_on_an_unknown_listing_is_refused(room):
    assert room.bid(room.ben, str(uuid4()), 60).status_code == 404


def test_ao_3_a_bid_on_a_withdrawn_listing_is_refused(room):
    auction = room.auction()
    assert room.seller.delete(f"{PRODUCTS}/{auction}").status_code == 200
    assert room.bid(room.ben, auction, 60).status_code == 404


def test_ao_3_a_first_bid_below_the_start_price_is_refused(room):
    auction = room.auction()
    answer = room.bid(room.ben, auction, 49.99)
    assert refused(answer) == (400, "BidTooLow")
    assert answer.json["detail"] == {"amount": 50.0, "currency": "USD"}
    assert room.price(auction) == (None, None)


def test_ao_3_a_bid_after_the_end_is_refused_before_any_job_has_closed_the_auction(room):
    auction = room.auction()
    with moved_clock(hours=1):
        assert refused(room.bid(room.ben, auction, 60)) == (400, "AuctionEnded")


def test_ao_3_a_bid_before_the_start_is_refused(room):
    auction = room.auction(startBidDate=iso(now() + timedelta(minutes=5)))
    assert refused(room.bid(room.ben, auction, 60)) == (400, "AuctionNotStarted")
    with moved_clock(minutes=5):
        room.placed(room.ben, auction, 60)


def test_the_status_that_is_sent_with_a_bid_is_ignored_and_may_be_left_out(room):
    auction = room.auction()
    for amount, given in ((60, {"status": "WON"}), (70, {"status": None})):
        assert room.bid_seen(room.ben, room.placed(room.ben, auction, amount, **given))["status"] == "ACTIVE"
    bare = {"productId": auction, "bidAmount": 80, "currency": "USD"}
    assert room.ben.post(BIDS, json=bare).json["auctionOfferBid"]["status"] == "ACTIVE"


@pytest.mark.parametrize(("given", "field"), [
    ({"bidAmount": 0}, "bidAmount"), ({"bidAmount": -1}, "bidAmount"), ({"bidAmount": 60.001}, "bidAmount"),
    ({"bidAmount": "60"}, "bidAmount"), ({"bidAmount": 1e15}, "bidAmount"), ({"bidAmount": True}, "bidAmount"),
    ({"currency": "XXX"}, "currency"), ({"productId": "nonsense"}, "productId"), ({"status": "SOLD"}, "status"),
    ({"buyNow": "yes"}, "buyNow"), ({"auctionOfferBidId": "nonsense"}, "auctionOfferBidId"),
])
def test_a_bid_with_a_wrong_field_is_refused_and_the_field_named(room, given, field):
    answer = room.bid(room.ben, room.auction(), 60, **given)
    assert answer.status_code == 400
    assert field in answer.json["message"]


def test_a_bid_in_another_currency_is_refused(room):
    assert refused(room.bid(room.ben, room.auction(), 60, currency="EUR")) == (400, "CurrencyDiffers")


def test_a_bid_above_the_upper_bid_is_refused(room):
    auction = room.auction(endBid=80)
    assert refused(room.bid(room.ben, auction, 80.01)) == (400, "BidTooHigh")
    room.placed(room.ben, auction, 80)


def test_a_taken_bid_id_is_refused(room):
    taken = room.placed(room.ben, room.auction(), 60)
    other = room.auction()
    assert room.bid(room.ben, other, 60, auctionOfferBidId=taken).status_code == 400
    assert room.price(other) == (None, None)


def test_ao_1_the_first_bid_leads(room):
    auction = room.auction()
    bid = room.bid(room.ben, auction, 60).json["auctionOfferBid"]
    assert (bid["status"], bid["status_idx"], bid["userId"]) == ("ACTIVE", 0, room.ben.user_id)
    assert bid["placedAt"] == bid["createdAt"]
    assert bid["_owner"] == room.ben.user_id
    assert room.price(auction) == (60, room.ben.user_id)


def test_ao_1_status_may_be_left_out_of_a_bid(room):
    body = {"productId": room.auction(), "bidAmount": 60, "currency": "USD"}
    assert status_after(room.ben.post(BIDS, json=body)) == "ACTIVE"


def test_ao_2_a_bid_must_be_an_increment_higher(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    assert refused(room.bid(room.cleo, auction, 60)) == (400, "BidTooLow")
    assert refused(room.bid(room.cleo, auction, 60.99)) == (400, "BidTooLow")
    room.placed(room.cleo, auction, 70)
    assert room.price(auction) == (70, room.cleo.user_id)


def notices(person, kind):
    told = f"/marketplace/notificationmanagement-api/v1/notifications?notificationType={kind}"
    answer = person.get(told)
    return [(row["payload"]["bidId"], row["payload"]["bidAmount"]) for row in answer.json["notifications"]]


def test_ao_2_whoever_is_outbid_is_told_and_so_is_the_seller(room, settle):
    auction = room.auction()
    bens, cleos = room.placed(room.ben, auction, 60), room.placed(room.cleo, auction, 70)
    settle()
    assert notices(room.ben, "BID_OUTBID") == [(bens, 70)]
    assert notices(room.cleo, "BID_OUTBID") == []
    assert sorted(notices(room.seller, "BID_UPDATED")) == sorted([(bens, 60), (cleos, 70)])


def test_ao_5_whoever_is_awarded_the_item_is_told(room, settle):
    bid = room.placed(room.ben, room.auction(), 60)
    room.set_bid(room.admin, bid, "WON")
    settle()
    assert notices(room.ben, "BID_WON") == [(bid, 60)]


def test_ao_4_an_own_bid_that_is_not_higher_is_refused(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    assert refused(room.bid(room.ben, auction, 60)) == (400, "BidNotHigher")
    assert refused(room.bid(room.ben, auction, 55)) == (400, "BidNotHigher")


def test_ao_4_a_higher_own_bid_replaces_the_former_which_is_lost(room):
    auction = room.auction()
    former = room.placed(room.ben, auction, 60)
    raised = room.placed(room.ben, auction, 65)
    assert [(row["id"], row["status"]) for row in room.history(room.cleo, auction)] == [
        (former, "LOST"), (raised, "ACTIVE")]
    assert room.price(auction) == (65, room.ben.user_id)


def test_ao_5_a_client_does_not_set_the_status(room):
    assert status_after(room.bid(room.ben, room.auction(), 60, status="WON")) == "ACTIVE"


def test_ao_5_only_staff_settles_a_bid(room):
    bid = room.placed(room.ben, room.auction(), 60)
    assert room.set_bid(room.ben, bid, "WON").status_code == 403
    assert room.set_bid(room.cleo, bid, "CANCELLED").status_code == 403
    assert status_after(room.set_bid(room.admin, bid, "WON")) == "WON"


def test_ao_5_settling_closes_the_auction_and_loses_the_other_bids(room):
    auction = room.auction()
    bens, cleos = room.placed(room.ben, auction, 60), room.placed(room.cleo, auction, 70)
    assert status_after(room.set_bid(room.admin, bens, "WON")) == "WON"
    assert room.bid_seen(room.cleo, cleos)["status"] == "LOST"
    assert room.price(auction) == (60, room.ben.user_id)
    assert refused(room.bid(room.cleo, auction, 200)) == (400, "AuctionEnded")
    assert refused(room.set_bid(room.admin, cleos, "WON")) == (400, "BidFinal")


def test_staff_may_declare_a_bid_lost_and_the_price_follows(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    top = room.placed(room.cleo, auction, 70)
    assert status_after(room.set_bid(room.admin, top, "LOST")) == "LOST"
    assert room.price(auction) == (60, room.ben.user_id)


def test_ao_6_when_the_top_bidder_cancels_the_next_leads(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    top = room.placed(room.cleo, auction, 70)
    assert status_after(room.set_bid(room.cleo, top, "CANCELLED")) == "CANCELLED"
    assert room.price(auction) == (60, room.ben.user_id)
    assert refused(room.set_bid(room.cleo, top, "CANCELLED")) == (400, "BidFinal")


def test_ao_6_when_the_only_bidder_cancels_the_floor_counts_again(room):
    auction = room.auction()
    room.set_bid(room.ben, room.placed(room.ben, auction, 60), "CANCELLED")
    assert room.price(auction) == (None, None)
    room.placed(room.cleo, auction, 50)


def test_ao_6_nobody_cancels_after_the_end_but_staff(room):
    bid = room.placed(room.ben, room.auction(), 60)
    with moved_clock(hours=1):
        assert refused(room.set_bid(room.ben, bid, "CANCELLED")) == (400, "AuctionEnded")
        assert refused(room.ben.delete(f"{BIDS}/{bid}")) == (400, "AuctionEnded")
        assert status_after(room.set_bid(room.admin, bid, "CANCELLED")) == "CANCELLED"


def test_a_bid_that_is_deleted_leaves_the_price_to_the_next(room):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    top = room.placed(room.cleo, auction, 70)
    assert room.ben.delete(f"{BIDS}/{top}").status_code == 403
    assert room.cleo.delete(f"{BIDS}/{top}").json["auctionOfferBid"]["isActive"] is False
    assert room.price(auction) == (60, room.ben.user_id)
    assert room.cleo.get(f"{BIDS}/{top}").status_code == 404


def test_a_bid_is_shown_alone_to_bidder_seller_and_staff_only(room):
    bid = room.placed(room.ben, room.auction(), 60)
    assert room.cleo.get(f"{BIDS}/{bid}").status_code == 403
    for viewer in (room.ben, room.seller, room.admin):
        assert room.bid_seen(viewer, bid)["bidAmount"] == 60


def test_the_history_is_public_but_for_what_was_cancelled(room):
    auction = room.auction()
    gone = room.placed(room.ben, auction, 60)
    room.set_bid(room.ben, gone, "CANCELLED")
    stays = room.placed(room.cleo, auction, 70)
    assert [row["id"] for row in room.history(room.cleo, auction)] == [stays]
    assert [row["id"] for row in room.history(room.seller, auction)] == [stays]
    assert [row["id"] for row in room.history(room.ben, auction)] == [gone, stays]
    assert [row["id"] for row in room.history(room.admin, auction)] == [gone, stays]


def test_bids_are_filtered_by_user_amount_and_status(room):
    auction = room.auction()
    bens, cleos = room.placed(room.ben, auction, 60), room.placed(room.cleo, auction, 70)

    def found(query):
        rows = room.ben.get(f"{BIDS}?productId={auction}&{query}").json["auctionOfferBids"]
        return [row["id"] for row in rows]

    assert found(f"userId={room.cleo.user_id}") == [cleos]
    assert found("bidAmount=60") == [bens]
    assert found("status=ACTIVE") == [bens, cleos]
    assert found("status=WON") == []


def test_x_3_at_the_end_the_highest_bid_wins_and_the_others_lose(room, settle):
    auction = room.auction()
    bens, cleos = room.placed(room.ben, auction, 60), room.placed(room.cleo, auction, 70)
    with moved_clock(hours=1):
        settle()
        assert room.bid_seen(room.cleo, cleos)["status"] == "WON"
        assert room.bid_seen(room.ben, bens)["status"] == "LOST"
        assert room.price(auction) == (70, room.cleo.user_id)


def test_x_6_a_bid_leaves_its_events_in_the_outbox(room, sent):
    bid = room.placed(room.ben, room.auction(), 60)
    api_event, = sent("ebaycclone-auctionoffer-service-auctionofferbid-created")
    assert api_event.payload["auctionOfferBid"]["id"] == bid
    assert api_event.payload["dataName"] == "auctionOfferBid"
    created, = sent("ebaycclone-auctionoffer-service-dbevent-auctionofferbid-created")
    assert (created.payload["id"], created.payload["bidAmount"]) == (bid, 60)
    moved = sent("ebaycclone-productlisting-service-dbevent-productlistingproduct-updated")[-1]
    assert moved.payload["newDataValues"]["currentBid"] == 60
    assert moved.payload["newDataValues"]["highestBidderId"] == room.ben.user_id


def test_a_refused_bid_leaves_nothing_behind(room, sent):
    auction = room.auction()
    room.bid(room.ben, auction, 10)
    assert sent("ebaycclone-auctionoffer-service-dbevent-auctionofferbid-created") == []
    assert room.history(room.admin, auction) == []
