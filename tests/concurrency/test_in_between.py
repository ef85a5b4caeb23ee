"""Of two at once one wins, the other gets its documented refusal, and counts equal a recount (issue 17, item 3).

Each pair meets twice: the rival comes in between before anything is locked, and once everything is written."""
import pytest
from sqlalchemy import func, select

from app.data.reads import fetch
from app.ops.checks import ServiceChecks
from app.runtime import runtime
from blueprints.marketplace.feedback import commands as feedback
from blueprints.marketplace.order_management import cart_orders
from blueprints.marketplace.order_management.models import Order
from blueprints.marketplace.product_listing.stock import stock_figures
from blueprints.marketplace.watchlist_cart import cart_commands
from blueprints.marketplace.watchlist_cart import commands as watchlists
from blueprints.platform.moderation import cases
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.strike_models import Strike
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.concurrency.in_between import WRITTEN, meet, places
from tests.marketplace.feedback.conftest import shop  # noqa: F401
from tests.marketplace.order_management.test_ordering_a_cart import cart_of, fill, order_cart
from tests.marketplace.watchlist_cart.conftest import shelf  # noqa: F401
from tests.marketplace.watchlist_cart.shelf import CART, ITEMS, LISTS, refused

# ruff: noqa: F811 - that is how pytest hands fixtures over
MODERATION = "/marketplace/adminmoderation-api/v1"
COUNTED = ("reputations", "conversations", "watchlists", "unread notifications", "queue")
RESOLVE = ("resolve", {"acts": [{"kind": "WARN"}], "reason": "so it is"})
TAKE, DISMISS = ("take", {}), ("dismiss", {"reason": "it is genuine"})


def assert_one_won(met, place, code, status=201):
    """The first one where it has written, else the rival; the other is refused with this errCode."""
    assert met.rival_waited == (place == WRITTEN)
    assert met.winner.status_code == status, met.winner.json
    assert refused(met.loser) == (400, code)
    assert_counts_are_true()


def assert_counts_are_true():
    """What lists and pages count is what a recount finds (decision 35)."""
    checks = runtime().part(ServiceChecks)
    assert {name: checks[name]()[0] for name in COUNTED} == dict.fromkeys(COUNTED, "ok")


def counted(model, *where):
    return fetch(select(func.count()).select_from(model).where(*where))[0][0]


@places(before=(feedback, "count"))
def test_of_two_feedbacks_of_one_buyer_on_one_item_one_is_taken(app, shop, monkeypatch, place):
    sale = shop.delivered()
    met = meet(app, monkeypatch, place, lambda: shop.review(sale, rating=5), lambda: shop.review(sale, rating=1))
    assert_one_won(met, place, "FeedbackExists")
    overall = shop.reputation()
    assert (overall["count"], overall["average"]) == (1, 5 if place == WRITTEN else 1)


@places(before=(cart_commands, "insert_into_cart"))
def test_of_two_equal_cart_rows_one_stands(app, shelf, monkeypatch, place):
    product = shelf.listing()
    met = meet(app, monkeypatch, place, *(
        lambda quantity=quantity: shelf.ben.post(CART, json={"productId": product, "quantity": quantity})
        for quantity in (1, 2)))
    assert_one_won(met, place, "CartItemExists")
    assert shelf.cart() == {product: 1 if place == WRITTEN else 2}


@places(before=(watchlists, "refuse_inactive"))
def test_of_two_folders_of_one_name_one_stands(app, shelf, monkeypatch, place):
    met = meet(app, monkeypatch, place, *(
        lambda name=name: shelf.ben.post(LISTS, json={"name": name}) for name in ("My  gifts", "MY GIFTS")))
    assert_one_won(met, place, "WatchlistListExists")
    assert list(shelf.counts()) == ["My  gifts" if place == WRITTEN else "MY GIFTS"]


@places(before=(watchlists, "lock_folders"))
def test_of_two_equal_rows_of_a_folder_one_is_counted(app, shelf, monkeypatch, place):
    product, gifts = shelf.listing(), shelf.folder("Gifts")
    body = {"productId": product, "listId": gifts}
    met = meet(app, monkeypatch, place, *[lambda: shelf.ben.post(ITEMS, json=body)] * 2)
    assert_one_won(met, place, "WatchlistItemExists")
    assert shelf.counts() == {"Gifts": 1}


@places(before=(watchlists, "lock_folders"))
def test_a_folder_that_is_deleted_in_between_takes_nothing_any_more(app, shelf, monkeypatch, place):
    product, gifts = shelf.listing(), shelf.folder("Gifts")
    met = meet(app, monkeypatch, place, lambda: shelf.ben.post(ITEMS, json={"productId": product, "listId": gifts}),
               lambda: shelf.ben.delete(f"{LISTS}/{gifts}"))
    assert met.rival_waited == (place == WRITTEN)
    assert (met.first.status_code, met.rival.status_code) == (201 if met.rival_waited else 404, 200)
    assert (shelf.counts(), shelf.watched()) == ({}, {(product, None)} if met.rival_waited else set())
    assert_counts_are_true()


@places(before=(cart_orders, "cart_of"))
def test_the_last_unit_from_two_carts_goes_to_one(app, shop, monkeypatch, place):
    product = shop.list_product(quantity=1)
    for buyer in (shop.buyer, shop.buyer2):
        fill(shop, product, buyer=buyer)
    met = meet(app, monkeypatch, place, lambda: order_cart(shop, shop.buyer), lambda: order_cart(shop, shop.buyer2))
    assert_one_won(met, place, "OutOfStock")
    assert stock_figures() == {product: (1, 0)}
    winner = shop.buyer if met.rival_waited else shop.buyer2
    assert [row.buyer_id for row in fetch(select(Order.buyer_id))] == [winner.user_id]
    assert [cart_of(shop, buyer) for buyer in (shop.buyer, shop.buyer2)] == [{product: 1}] * 2


@places(before=(cases, "lock_case"))
@pytest.mark.parametrize(("first", "rival"), [
    (RESOLVE, RESOLVE), (RESOLVE, DISMISS), (DISMISS, RESOLVE), (TAKE, RESOLVE), (RESOLVE, TAKE), (TAKE, TAKE)],
    ids=lambda step: step[0])
def test_of_two_moderators_on_one_case_one_has_it(app, callers, shelf, monkeypatch, first, rival, place):
    """The other is told whose it is; reports, strikes and the queue follow the one."""
    product = shelf.listing()
    for reporter in (shelf.ben, shelf.cleo):
        assert reporter.post(f"{MODERATION}/reports", json={
            "entityType": "PRODUCT", "entityId": product, "reason": "FRAUD"}).status_code == 201
    ada, bob = callers.admin("ada"), callers.admin("bob")
    met = meet(app, monkeypatch, place, *(
        lambda staff=staff, step=step: staff.post(f"{MODERATION}/cases/1/{step[0]}", json=step[1])
        for staff, step in ((ada, first), (bob, rival))))
    assert_one_won(met, place, "CaseTaken", 200)
    won, name = (first, "Ada") if met.rival_waited else (rival, "Bob")
    assert met.loser.json["detail"] == {"by": name}
    was_resolved, is_pending = won == RESOLVE, won == TAKE
    assert [counted(model) for model in (Act, Strike)] == [was_resolved, was_resolved]
    assert pending_cases("marketplace") == is_pending
    wanted = {"OPEN"} if is_pending else {"UPHELD"} if was_resolved else {"DECLINED"}
    assert {row.state for row in fetch(select(Report.state))} == wanted
    assert {(row.upheld, row.declined) for row in fetch(select(ReporterRecord.upheld, ReporterRecord.declined))} == {
        (int(was_resolved), int(won == DISMISS))}


@places(before=(cases, "subject_of"))
def test_the_same_act_of_two_moderators_on_one_thing_is_done_once(app, callers, shelf, monkeypatch, place):
    body = {"kind": "HIDE", "entityType": "PRODUCT", "entityId": shelf.listing(), "reason": "a copy"}
    met = meet(app, monkeypatch, place, *(
        lambda staff=staff: staff.post(f"{MODERATION}/acts", json=body)
        for staff in (callers.admin("ada"), callers.admin("bob"))))
    assert met.rival_waited == (place == WRITTEN)
    assert [answer.status_code for answer in (met.first, met.rival)] == [201, 201]
    assert [answer.json["moderationAct"]["number"] for answer in (met.first, met.rival)] == [1, 1]
    assert [counted(model) for model in (Act, Case, Strike)] == [1, 1, 1]
    assert_counts_are_true()
