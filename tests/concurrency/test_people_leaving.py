"""A rival acts in between: an account is locked or deleted while somebody orders, bids or closes (decision 41).

Whoever is first, there is one effect, nothing is left half, and nobody is answered with a 5xx."""
from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import pytest
from sqlalchemy import Update, select

from app.actor import system_actor
from app.clock import now
from app.data.person_rows import NOBODY, PersonTables, forget_person
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.marketplace.auction_offer import commands as auctions
from blueprints.marketplace.auction_offer.models import Offer
from blueprints.marketplace.order_management import ledger_entries, placing
from blueprints.marketplace.product_listing import commands as listings
from blueprints.marketplace.product_listing.auction_state import auction_overview
from blueprints.marketplace.product_listing.queries import live_products_of
from blueprints.platform.auth.commands import delete_user, lock_user
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.concurrency.together import together
from tests.marketplace.auction_offer.saleroom import PRODUCTS, Saleroom
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.marketplace.order_management.shop import ORDERS, ok

# ruff: noqa: F811 - that is how pytest hands fixtures over
SYSTEM = system_actor("marketplace")


@pytest.fixture
def room(callers):
    return Saleroom(callers)


@contextmanager
def halted(monkeypatch, module, name, before):
    """Let whoever reaches `module.name` meet the rival first: `before` is called once, in front of it."""
    original, met = getattr(module, name), Event()

    def hook(*arguments: Any, **options: Any) -> Any:
        if not met.is_set():
            met.set()
            before()
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, hook)
    try:
        yield
    finally:
        monkeypatch.setattr(module, name, original)


def lock(user) -> Callable[[], object]:
    return lambda: lock_user(SYSTEM, user.user_id, now() + timedelta(days=30))


def rivals(app, monkeypatch, module, name, act, rival) -> Any:
    """Run `act` until it reaches `module.name`; the rival starts there, and both go on together.

    On SQLite the rival waits for the one write lock; on PostgreSQL it commits in between."""
    barrier = Barrier(2)

    def meet() -> None:
        barrier.wait(10)

    def second() -> Any:
        barrier.wait(10)
        return rival()

    with halted(monkeypatch, module, name, meet):
        return together(app, act, second)[0]


def test_an_order_against_the_lock_of_its_seller_is_placed_or_refused(app, shop, monkeypatch):
    product = shop.list_product(quantity=1)
    answer = rivals(app, monkeypatch, placing, "refuse_inactive", lambda: shop.try_order({"productId": product}),
                    lock(shop.seller))
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        refused = shop.start(answer.json["orderManagementOrder"]["id"])
        assert (refused.status_code, refused.json["errCode"]) == (400, "PartyInactive")
    else:
        assert answer.json["errCode"] == "SellerInactive"
    assert shop.try_order({"productId": product}).status_code == 400
    assert ledger_entries.differences() == []


def test_a_bid_against_the_deletion_of_the_seller_leaves_no_running_auction(app, room, settle, monkeypatch):
    auction = room.auction()
    answer = rivals(app, monkeypatch, auctions, "refuse_inactive", lambda: room.bid(room.ben, auction, 60),
                    lambda: delete_user(SYSTEM, room.seller.user_id))
    assert (answer.status_code, answer.json.get("errCode")) in ((201, None), (400, "SellerInactive"))
    settle()
    seen = auction_overview(auction)
    assert (bool(seen["is_active"]), seen["winner_bid_id"]) == (False, None)
    if answer.status_code == 201:
        assert room.bid_seen(room.ben, answer.json["auctionOfferBid"]["id"])["status"] == "CANCELLED"


def test_a_listing_of_who_is_deleted_while_it_is_made_does_not_stay(app, room, settle, monkeypatch):
    def seller_goes() -> None:
        delete_user(SYSTEM, room.seller.user_id)
        settle()

    with halted(monkeypatch, listings, "_show_media", lambda: together(app, seller_goes)):
        made = room.fixed()
    settle()
    assert room.admin.get(f"{PRODUCTS}/{made}").status_code == 404
    assert live_products_of([room.seller.user_id]) == []


def test_a_close_against_the_lock_of_the_leader_has_one_winner(app, room, settle, monkeypatch):
    auction = room.auction()
    kept, gone = room.placed(room.cleo, auction, 60), room.placed(room.ben, auction, 90)
    rivals(app, monkeypatch, auctions, "standings_of", lambda: auctions.close_auction(SYSTEM, auction, early=True),
           lock(room.ben))
    settle()
    states = {room.bid_seen(room.admin, bid)["status"] for bid in (kept, gone)}
    assert states in ({"WON", "LOST"}, {"WON", "CANCELLED"})
    winner = auction_overview(auction)["winner_bid_id"]
    assert room.bid_seen(room.admin, winner)["status"] == "WON"
    assert (winner == kept) == (states == {"WON", "CANCELLED"})


def test_what_is_due_is_given_back_once_by_two_at_once(app, shop):
    paid = shop.paid_order(shop.list_product(), shop.list_product(shop.other_seller))
    [line] = [item["id"] for item in shop.read(paid["id"])["orderItems"] if item["sellerId"] == shop.seller.user_id]
    path, due = f"{ORDERS}/v1/ordermanagementorderitems/{line}", f"{ORDERS}/v1/refundsdue/{paid['id']}"
    dropped = together(app, *[lambda: shop.seller.delete(path)] * 3)
    assert sorted(answer.status_code for answer in dropped) == [200, 404, 404]
    given = together(app, *[lambda: shop.admin.patch(due, json={})] * 3)
    assert sorted(answer.status_code for answer in given) == [200, 400, 400]
    assert [one["amount"] for one in shop.localstripe.refunds(paid["paymentIntentId"])] == [10_500]
    assert ledger_entries.differences() == []


def test_two_sellers_who_cancel_the_last_lines_at_once_cancel_the_order_once(app, shop):
    paid = shop.paid_order(shop.list_product(), shop.list_product(shop.other_seller))
    lines = {item["sellerId"]: item["id"] for item in shop.read(paid["id"])["orderItems"]}
    items = f"{ORDERS}/v1/ordermanagementorderitems"
    answers = together(app, *(lambda seller=seller: seller.delete(f"{items}/{lines[seller.user_id]}")
                              for seller in (shop.seller, shop.other_seller)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert shop.buyer.get(f"{ORDERS}/v1/ordermanagementorders/{paid['id']}").status_code == 404
    [row] = ok(shop.admin.get(f"{ORDERS}/v1/refundsdue"))["refundsDue"]
    assert (row["orderId"], row["refundDue"]) == (paid["id"], 210)
    run_job("settle-payments")
    assert ledger_entries.differences() == []


def test_two_who_stand_in_each_others_rows_are_purged_at_once_and_do_not_deadlock(app, monkeypatch, room):
    room.offered(room.ben, room.fixed(), 80)
    room.seller, room.ben = room.ben, room.seller
    room.offered(room.ben, room.fixed(), 80)
    execute, both = UnitOfWork.execute, Barrier(2)

    def met(work: UnitOfWork, statement: Any, values: Any = None) -> Any:
        done = execute(work, statement, values)
        if isinstance(statement, Update) and statement.table.name == Offer.__tablename__:
            with suppress(BrokenBarrierError):  # who waits for the other's lock does not come
                both.wait(0.5)
        return done

    monkeypatch.setattr(UnitOfWork, "execute", met)
    offers = [rows for rows in runtime().part(PersonTables) if rows.model is Offer]
    together(app, *(lambda gone=gone: forget_person(SYSTEM, offers, gone.user_id, None) for gone in (
        room.ben, room.seller)))
    assert {tuple(row) for row in fetch(select(Offer.buyer_id, Offer.seller_id))} == {(NOBODY, NOBODY)}
