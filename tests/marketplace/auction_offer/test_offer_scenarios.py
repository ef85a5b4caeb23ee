"""Scenarios AO-7 … AO-11, X-2 and X-4 of rules-marketplace, as decision 13 changes them (offers)."""
from datetime import timedelta
from uuid import uuid4

import pytest

from app.clock import moved_clock, now
from app.data.columns import iso, parse_iso
from app.jobs.worker import run_all_due_work, run_job
from blueprints.marketplace.auction_offer.topics import OFFER_CREATED, OFFER_UPDATED
from tests.marketplace.auction_offer.saleroom import OFFERS, PRODUCTS, refused, status_after


def test_ao_7_an_offer_without_a_token_is_refused(room, client):
    assert room.offer(client, room.fixed(), 80).status_code == 401


def test_ao_7_the_seller_may_not_offer(room):
    assert room.offer(room.seller, room.fixed(), 80).status_code == 403


def test_ao_7_an_offer_on_an_auction_is_refused(room):
    assert refused(room.offer(room.ben, room.auction(), 80)) == (400, "NotFixedPrice")


def test_ao_7_an_offer_on_an_unknown_listing_is_refused(room):
    assert room.offer(room.ben, str(uuid4()), 80).status_code == 404


def test_an_offer_where_the_seller_takes_none_is_refused(room):
    assert refused(room.offer(room.ben, room.fixed(acceptOffers=False), 80)) == (400, "OffersNotAccepted")


def test_an_offer_to_a_seller_whose_account_is_archived_is_refused(room):
    """Document 079: the seller is active."""
    product = room.fixed()
    assert room.admin.delete(f"/marketplace/auth-api/v1/users/{room.seller.user_id}").status_code == 200
    assert refused(room.offer(room.ben, product, 80)) == (400, "SellerInactive")


def test_an_offer_in_another_currency_is_refused(room):
    assert refused(room.offer(room.ben, room.fixed(), 80, currency="EUR")) == (400, "CurrencyDiffers")


@pytest.mark.parametrize(("given", "field"), [
    ({"offerAmount": 0}, "offerAmount"), ({"offerAmount": -5}, "offerAmount"), ({"offerAmount": 80.001}, "offerAmount"),
    ({"offerAmount": None}, "offerAmount"), ({"currency": "US"}, "currency"), ({"productId": 1}, "productId"),
    ({"status": "OPEN"}, "status"), ({"message": 5}, "message"), ({"message": "x" * 256}, "message"),
    ({"expiresAt": "soon"}, "expiresAt"), ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    ({"counterOfferId": "first"}, "counterOfferId"),
])
def test_an_offer_with_a_wrong_field_is_refused_and_the_field_named(room, given, field):
    answer = room.offer(room.ben, room.fixed(), 80, **given)
    assert answer.status_code == 400
    assert field in answer.json["message"]


def test_ao_7_an_offer_is_pending_and_knows_both_parties(room):
    product = room.fixed()
    offer = room.offer(room.ben, product, 80, message="Cash", counterAmount=1, counterMessage="x",
                       respondedAt="2020-01-01T00:00:00Z").json["auctionOfferOffer"]
    assert (offer["status"], offer["status_idx"], offer["offerAmount"]) == ("PENDING", 0, 80)
    assert (offer["buyerId"], offer["sellerId"]) == (room.ben.user_id, room.seller.user_id)
    assert (offer["message"], offer["counterAmount"], offer["counterMessage"]) == ("Cash", None, None)
    assert offer["respondedAt"] is None


def test_ao_7_a_second_pending_offer_is_refused(room):
    product = room.fixed()
    room.offered(room.ben, product, 80)
    assert refused(room.offer(room.ben, product, 85)) == (400, "OfferPending")
    room.offered(room.cleo, product, 85)


def test_ao_7_a_client_does_not_set_the_status(room):
    assert status_after(room.offer(room.ben, room.fixed(), 80, status="ACCEPTED")) == "PENDING"


def test_an_offer_lapses_after_48_hours_or_sooner_when_asked(room):
    lapses = parse_iso(room.offer_seen(room.ben, room.offered(room.ben, room.fixed(), 80))["expiresAt"])
    assert timedelta(hours=47, minutes=59) < lapses - now() <= timedelta(hours=48)
    sooner = iso(now() + timedelta(hours=1))
    assert room.offer_seen(room.ben, room.offered(room.ben, room.fixed(), 80, expiresAt=sooner))["expiresAt"] == sooner


def test_ao_8_a_counter_goes_back_and_forth_between_the_parties(room):
    offer = room.offered(room.ben, room.fixed(), 80)
    assert room.answer(room.ben, offer, "ACCEPTED").status_code == 403
    answer = room.answer(room.seller, offer, "COUNTERED", counterAmount=90, counterMessage="90?")
    assert status_after(answer) == "COUNTERED"
    row = answer.json["auctionOfferOffer"]
    assert (row["counterAmount"], row["counterMessage"]) == (90, "90?")
    assert row["respondedAt"] is not None
    assert room.answer(room.seller, offer, "ACCEPTED").status_code == 403
    assert status_after(room.answer(room.ben, offer, "ACCEPTED")) == "ACCEPTED"
    assert refused(room.answer(room.ben, offer, "DECLINED")) == (400, "OfferStep")
    assert refused(room.answer(room.seller, offer, "DECLINED")) == (400, "OfferStep")
    assert refused(room.ben.delete(f"{OFFERS}/{offer}")) == (400, "OfferAccepted")


def test_ao_9_a_withdrawn_offer_cannot_be_accepted_and_makes_room_for_another(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    assert room.answer(room.seller, offer, "CANCELLED").status_code == 403
    assert status_after(room.answer(room.ben, offer, "CANCELLED")) == "CANCELLED"
    assert refused(room.answer(room.seller, offer, "ACCEPTED")) == (400, "OfferStep")
    room.offered(room.ben, product, 85)


def test_ao_10_an_offer_is_nobody_elses_business(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    assert room.cleo.get(f"{OFFERS}/{offer}").status_code == 403
    assert room.answer(room.cleo, offer, "ACCEPTED").status_code == 403
    assert room.cleo.delete(f"{OFFERS}/{offer}").status_code == 403
    assert room.cleo.get(OFFERS).json["auctionOfferOffers"] == []
    for viewer in (room.ben, room.seller, room.admin):
        assert [row["id"] for row in viewer.get(OFFERS).json["auctionOfferOffers"]] == [offer]
        assert room.offer_seen(viewer, offer)["id"] == offer


def test_ao_11_a_lapsed_offer_is_shown_expired_and_cannot_be_answered(room):
    offer = room.offered(room.ben, room.fixed(), 80, expiresAt=iso(now() + timedelta(seconds=30)))
    assert [row["status"] for row in room.seller.get(OFFERS).json["auctionOfferOffers"]] == ["PENDING"]
    with moved_clock(seconds=31):
        assert [row["status"] for row in room.seller.get(OFFERS).json["auctionOfferOffers"]] == ["EXPIRED"]
        assert refused(room.answer(room.seller, offer, "ACCEPTED")) == (400, "OfferExpired")
        assert refused(room.answer(room.ben, offer, "CANCELLED")) == (400, "OfferExpired")
        seen = room.offer_seen(room.ben, offer)
        assert (seen["status"], seen["status_idx"]) == ("EXPIRED", 4)
        assert [row["status"] for row in room.seller.get(f"{OFFERS}?status=EXPIRED").json["auctionOfferOffers"]] == [
            "EXPIRED"]
        assert room.seller.get(f"{OFFERS}?status=PENDING").json["auctionOfferOffers"] == []


def test_ao_11_the_lapse_is_written_by_its_job_and_by_the_sweep_once(room, sent):
    sooner = iso(now() + timedelta(seconds=30))
    room.offered(room.ben, room.fixed(), 80, expiresAt=sooner)
    with moved_clock(seconds=31):
        assert run_all_due_work() == 1
        assert run_job("expire-offers") == "0 expired"
    room.offered(room.cleo, room.fixed(), 80, expiresAt=iso(now() + timedelta(seconds=30)))
    with moved_clock(seconds=31):
        assert run_job("expire-offers") == "1 expired"
        run_all_due_work()
    assert [event.payload["newDataValues"]["status"] for event in sent(OFFER_UPDATED)] == ["EXPIRED", "EXPIRED"]


def test_a_lapsed_offer_that_nobody_swept_makes_room_for_another(room):
    product = room.fixed()
    room.offered(room.ben, product, 80, expiresAt=iso(now() + timedelta(seconds=30)))
    with moved_clock(seconds=31):
        room.offered(room.ben, product, 85)


def test_a_counter_lapses_too(room):
    offer = room.offered(room.ben, room.fixed(), 80)
    room.answer(room.seller, offer, "COUNTERED", counterAmount=90, expiresAt=iso(now() + timedelta(minutes=1)))
    with moved_clock(minutes=2):
        assert refused(room.answer(room.ben, offer, "ACCEPTED")) == (400, "OfferExpired")


def test_a_counter_renews_the_time_and_its_job_waits_for_it(room):
    offer = room.offered(room.ben, room.fixed(), 80, expiresAt=iso(now() + timedelta(minutes=1)))
    room.answer(room.seller, offer, "COUNTERED", counterAmount=90, expiresAt=iso(now() + timedelta(minutes=10)))
    with moved_clock(minutes=2):
        run_all_due_work()
        assert room.offer_seen(room.ben, offer)["status"] == "COUNTERED"
    with moved_clock(minutes=11):
        assert run_all_due_work() == 1
        assert run_job("expire-offers") == "0 expired"
        assert room.offer_seen(room.ben, offer)["status"] == "EXPIRED"


def test_an_offer_in_a_currency_the_listing_has_left_cannot_be_accepted(room):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    in_euro = {"currency": "EUR", "shippingCurrency": "EUR"}
    assert room.seller.patch(f"{PRODUCTS}/{product}", json=in_euro).status_code == 200
    assert refused(room.answer(room.seller, offer, "ACCEPTED")) == (400, "CurrencyDiffers")


def test_a_counter_without_its_amount_is_refused_before_anybody_asks_whose_offer_it_is(room):
    offer = room.offered(room.ben, room.fixed(), 80)
    for path in (offer, str(uuid4())):
        answer = room.answer(room.cleo, path, "COUNTERED")
        assert answer.status_code == 400
        assert set(answer.json["detail"]) == {"counterAmount"}


def test_a_counter_needs_its_amount_and_comes_alone(room):
    offer = room.offered(room.ben, room.fixed(), 80)
    answer = room.answer(room.seller, offer, "COUNTERED")
    assert answer.status_code == 400
    assert "counterAmount" in answer.json["message"]
    assert refused(room.answer(room.seller, offer, "ACCEPTED", counterAmount=500)) == (400, "NotACounterOffer")
    assert room.seller.patch(f"{OFFERS}/{offer}", json={"counterAmount": 90}).status_code == 400
    past = "2020-01-01T00:00:00Z"
    assert room.answer(room.seller, offer, "COUNTERED", counterAmount=90, expiresAt=past).status_code == 400
    assert room.offer_seen(room.ben, offer)["status"] == "PENDING"


def test_the_buyer_rewords_a_pending_offer_and_nobody_else(room):
    offer = room.offered(room.ben, room.fixed(), 80)
    assert room.seller.patch(f"{OFFERS}/{offer}", json={"message": "mine"}).status_code == 403
    assert room.ben.patch(f"{OFFERS}/{offer}", json={"message": "please"}).status_code == 200
    assert room.offer_seen(room.seller, offer)["message"] == "please"
    room.answer(room.seller, offer, "DECLINED")
    assert refused(room.ben.patch(f"{OFFERS}/{offer}", json={"message": "again"})) == (400, "OfferNotPending")


def test_a_deleted_offer_is_gone(room):
    offer = room.offered(room.ben, room.fixed(), 80)
    assert room.seller.delete(f"{OFFERS}/{offer}").status_code == 403
    assert room.ben.delete(f"{OFFERS}/{offer}").json["auctionOfferOffer"]["isActive"] is False
    assert room.ben.get(f"{OFFERS}/{offer}").status_code == 404
    assert room.answer(room.seller, offer, "ACCEPTED").status_code == 404


def test_staff_may_correct_an_answer(room):
    offer = room.offered(room.ben, room.fixed(), 80)
    room.answer(room.seller, offer, "ACCEPTED")
    assert status_after(room.answer(room.admin, offer, "CANCELLED")) == "CANCELLED"
    assert refused(room.answer(room.admin, offer, "PENDING")) == (400, "OfferStep")


def test_accepting_on_the_last_unit_declines_all_other_open_offers(room):
    product = room.fixed(quantity=1)
    bens, cleos = room.offered(room.ben, product, 80), room.offered(room.cleo, product, 85)
    adas = room.offered(room.admin, product, 70)
    room.answer(room.seller, adas, "COUNTERED", counterAmount=95)
    elsewhere = room.offered(room.cleo, room.fixed(), 10)
    assert status_after(room.answer(room.seller, bens, "ACCEPTED")) == "ACCEPTED"
    assert room.offer_seen(room.cleo, cleos)["status"] == "DECLINED"
    assert room.offer_seen(room.admin, adas)["status"] == "DECLINED"
    assert room.offer_seen(room.cleo, elsewhere)["status"] == "PENDING"


def test_more_units_than_there_are_cannot_be_promised(room):
    product = room.fixed(quantity=2)
    for buyer in (room.ben, room.cleo):
        room.answer(room.seller, room.offered(buyer, product, 80), "ACCEPTED")
    late = room.offered(room.ben, product, 99)
    assert refused(room.answer(room.seller, late, "ACCEPTED")) == (400, "SoldOut")
    assert room.offer_seen(room.ben, late)["status"] == "PENDING"


def test_without_a_quantity_every_offer_may_be_accepted(room):
    product = room.fixed()
    offers = [room.offered(buyer, product, 80) for buyer in (room.ben, room.cleo)]
    assert [status_after(room.answer(room.seller, offer, "ACCEPTED")) for offer in offers] == ["ACCEPTED", "ACCEPTED"]


def test_offers_end_with_their_listing(room, settle):
    product = room.fixed()
    offer = room.offered(room.ben, product, 80)
    assert room.seller.delete(f"{PRODUCTS}/{product}").status_code == 200
    assert refused(room.answer(room.seller, offer, "ACCEPTED")) == (400, "ListingGone")
    settle()
    assert room.offer_seen(room.ben, offer)["status"] == "DECLINED"


def test_x_4_a_counter_is_answered_by_a_new_offer(room):
    product = room.fixed()
    first = room.offered(room.ben, product, 70)
    room.answer(room.seller, first, "COUNTERED", counterAmount=90)
    assert refused(room.offer(room.cleo, product, 80, counterOfferId=first)) == (400, "NoSuchCounterOffer")
    assert refused(room.offer(room.ben, room.fixed(), 80, counterOfferId=first)) == (400, "NoSuchCounterOffer")
    second = room.offered(room.ben, product, 80, counterOfferId=first)
    assert refused(room.offer(room.ben, product, 81, counterOfferId=first))[0] == 400
    assert status_after(room.answer(room.seller, second, "ACCEPTED")) == "ACCEPTED"
    listed = room.seller.get(f"{OFFERS}?productId={product}").json["auctionOfferOffers"]
    assert [(row["id"], row["status"], row["counterOfferId"]) for row in listed] == [
        (first, "DECLINED", None), (second, "ACCEPTED", first)]
    chained = room.ben.get(f"{OFFERS}?counterOfferId={first}").json["auctionOfferOffers"]
    assert [row["id"] for row in chained] == [second]


def test_an_offer_leaves_its_events_in_the_outbox(room, sent):
    offer = room.offered(room.ben, room.fixed(), 80)
    room.answer(room.seller, offer, "DECLINED")
    told, = sent("ebaycclone-auctionoffer-service-auctionofferoffer-created")
    assert told.payload["auctionOfferOffer"]["id"] == offer
    assert sent(OFFER_CREATED)[0].payload["offerAmount"] == 80
    assert sent(OFFER_UPDATED)[0].payload["newDataValues"]["status"] == "DECLINED"
    assert len(sent("ebaycclone-auctionoffer-service-auctionofferoffer-updated")) == 1
