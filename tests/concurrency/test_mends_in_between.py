"""A mend of the doctor between what people do at that moment: what they did is counted once, whoever comes first."""
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.data.upserts import upsert
from app.ops.checks import OK, ServiceChecks
from app.ops.mends import Mend, mends
from app.runtime import runtime
from blueprints.marketplace.feedback import commands as feedback
from blueprints.marketplace.feedback.models import ALL_MONTHS, StarCount
from blueprints.marketplace.messaging import commands as messaging
from blueprints.marketplace.messaging.models import Conversation
from blueprints.marketplace.order_management import placing
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.watchlist_cart import commands as watchlists
from blueprints.marketplace.watchlist_cart.models import WatchlistList
from blueprints.platform.moderation import reports
from blueprints.platform.moderation.counter_models import Counter
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.cli.market import Market
from tests.clients import Callers
from tests.concurrency.in_between import meet, places
from tests.marketplace.feedback.conftest import shop  # noqa: F401
from tests.marketplace.watchlist_cart.conftest import shelf  # noqa: F401
from tests.marketplace.watchlist_cart.shelf import ITEMS

if TYPE_CHECKING:
    from tests.concurrency.in_between import Place
    from tests.marketplace.feedback.reviews import ReviewedShop
    from tests.marketplace.watchlist_cart.shelf import Shelf

# ruff: noqa: F811 - that is how pytest hands fixtures over


def spoil(statement: Any) -> None:
    """Write past the commands, so that a counter is wrong."""
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(statement.execution_options(synchronize_session=False))
        work.commit()


def assert_mended_meanwhile(app: Flask, monkeypatch: pytest.MonkeyPatch, place: "Place", name: str,
                            act: Callable[[], Any]) -> Any:
    """Let the mend come in between; return what the act was answered, and demand that the counts are true then."""
    mend, check = mends()[name], runtime().part(ServiceChecks)[name]
    assert isinstance(mend, Mend)
    assert check()[0] != OK
    met = meet(app, monkeypatch, place, act, lambda: mend.run("operator"))
    assert met.rival == 1
    assert check()[0] == OK, check()
    return met.first


@places(before=(feedback, "count"))
def test_a_feedback_is_counted_while_the_stars_are(
        app: Flask, shop: "ReviewedShop", monkeypatch: pytest.MonkeyPatch, place: "Place") -> None:
    sale = shop.delivered()
    wrong = {f"stars_{stars}": 7 for stars in range(1, 6)}
    spoil(upsert(StarCount).values(seller_id=shop.seller.user_id, month=ALL_MONTHS, **wrong))
    assert_mended_meanwhile(app, monkeypatch, place, "reputations", lambda: shop.review(sale, rating=5))
    assert (shop.reputation()["count"], shop.reputation()["average"]) == (1, 5)


@places(before=(watchlists, "lock_folders"))
def test_a_watched_listing_is_counted_while_its_list_is(
        app: Flask, shelf: "Shelf", monkeypatch: pytest.MonkeyPatch, place: "Place") -> None:
    product, gifts = shelf.listing(), shelf.folder("Gifts")
    spoil(update(WatchlistList).values(item_count=5))
    answer = assert_mended_meanwhile(app, monkeypatch, place, "watchlists", lambda: shelf.ben.post(
        ITEMS, json={"productId": product, "listId": gifts}))
    assert answer.status_code == 201
    assert shelf.counts() == {"Gifts": 1}


@places(before=(placing, "lock_listings"))
def test_an_order_takes_its_unit_while_the_stock_is_counted(
        app: Flask, callers: Callers, monkeypatch: pytest.MonkeyPatch, place: "Place") -> None:
    market = Market(callers)
    listing = market.listed(quantity=9)
    spoil(update(Product).values(reserved=3))
    assert_mended_meanwhile(app, monkeypatch, place, "stock", lambda: market.ordered(listing))


@places(before=(messaging, "refuse_unwritable"))
def test_a_message_is_counted_while_its_conversation_is(
        app: Flask, callers: Callers, monkeypatch: pytest.MonkeyPatch, place: "Place") -> None:
    ben, cleo = callers.user("ben"), callers.user("cleo")

    def write() -> Any:
        return messaging.send_message(ben.actor, to_user_id=cleo.user_id, content="hello").id

    write()
    spoil(update(Conversation).where(Conversation.user_id == cleo.user_id).values(messages=9, unread=7))
    assert_mended_meanwhile(app, monkeypatch, place, "conversations", write)


@places(before=(reports, "count"))
def test_a_case_is_counted_while_the_queue_is(
        app: Flask, shelf: "Shelf", monkeypatch: pytest.MonkeyPatch, place: "Place") -> None:
    product = shelf.listing()
    spoil(upsert(Counter).values(realm="marketplace", name="pending", value=5))
    answer = assert_mended_meanwhile(app, monkeypatch, place, "queue", lambda: shelf.ben.post(
        "/marketplace/adminmoderation-api/v1/reports",
        json={"entityType": "PRODUCT", "entityId": product, "reason": "FRAUD"}))
    assert answer.status_code == 201
