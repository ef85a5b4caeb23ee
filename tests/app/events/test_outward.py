"""What goes outward of an event: to whom, how much of it, what is told of a hidden row (FD-7, FD-13, FD-14)."""
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask

from app.actor import Actor, anonymous, system_actor
from app.data.held import HIDDEN
from app.data.ids import uuid7
from app.data.moderated_kinds import Decide
from app.data.object_commands import hold_object
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput
from app.events.log import events_after, newest_position
from app.events.outward import MOST_TOPICS, OutwardEvent, Receiver, Selection, outward
from app.events.relay import relay_all
from blueprints.marketplace.auction_offer.models import Bid
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.moderation.reports import report
from tests.clients import Callers
from tests.marketplace.auction_offer.saleroom import Saleroom

REALM = "marketplace"
SYSTEM = system_actor(REALM)
PRODUCT = "ebaycclone-productlisting-service-dbevent-productlistingproduct"
BID = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid"
OFFER = "ebaycclone-auctionoffer-service-dbevent-auctionofferoffer"
Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def room(callers: Callers) -> Saleroom:
    return Saleroom(callers)


@pytest.fixture
def ben(room: Saleroom) -> Actor:
    return room.ben.actor


def select_for(actor: Actor, *names: str) -> Selection:
    return Selection.of(REALM, names, actor)


def told(actor: Actor, *names: str, after: int = 0) -> list[OutwardEvent]:
    """What a receiver who chose these topics is told of everything behind a position."""
    relay_all()
    selection = Selection.stored(REALM, names)
    return outward(events_after(REALM, after, limit=1000), [Receiver(actor, selection)])[0]


def kinds(found: list[OutwardEvent]) -> list[tuple[str, str]]:
    return [(one.kind, one.object_id) for one in found]


def mark() -> int:
    relay_all()
    return newest_position()


def change(product_id: str, **values: Any) -> None:
    with unit_of_work(SYSTEM) as work:
        work.change(work.lock(Product, product_id), **values)
        work.commit()


def hold(product_id: str, decide: Decide) -> None:
    with unit_of_work(SYSTEM) as work:
        hold_object(work, Product, product_id, decide)
        work.commit()


class Kind:
    """What moderation has decided."""

    def __init__(self, kind: str | None) -> None:
        self.kind = kind


@pytest.mark.parametrize("name", [
    "", "nothing", "productListingProduct", "productListingProduct/", "productListingProduct/7", f"{PRODUCT}-made",
    f"{PRODUCT}-created:", f"{PRODUCT}-created:7", f"{PRODUCT}-created/{uuid7()}",
    "ebaycclone-auth-service-dbevent-productlistingproduct-created",
    "elastic-index-ebaycclone_productlistingproduct-created",
    "ebaycclone-productlisting-service-productlistingproduct-created",
    "ebaycclone-user-service-email-verification-start", "ebaycclone-notification-email",
    "linkedin-content-service-dbevent-post-created", "post/" + uuid7(), "x" * 5000])
def test_what_is_no_topic_is_refused_by_its_field(app: Flask, ben: Actor, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        select_for(ben, f"{PRODUCT}-created", name)
    assert refused.value.message == f"topics: {name[:200]} is no topic that you can follow"
    assert list(refused.value.detail) == ["topics"]


def test_what_one_may_not_read_is_refused_as_what_is_not_there(app: Flask, room: Saleroom, ben: Actor) -> None:
    """An object of staff, accounts of whoever, a held listing: no word tells that they are there."""
    listing = room.fixed()
    hold(listing, lambda _: Kind(HIDDEN))
    for name in ("moderationCase/" + uuid7(), "ebaycclone-adminmoderation-service-dbevent-moderationcase-created",
                 "ebaycclone-auth-service-dbevent-user-updated", f"productListingProduct/{listing}",
                 f"{PRODUCT}-updated:{listing}", f"productListingProduct/{uuid7()}"):
        with pytest.raises(InvalidInput) as refused:
            select_for(ben, name)
        assert refused.value.message == f"topics: {name} is no topic that you can follow"
    assert select_for(room.seller.actor, f"productListingProduct/{listing}").names
    assert select_for(room.admin.actor, "ebaycclone-auth-service-dbevent-user-updated").names


def test_a_visitor_follows_what_a_visitor_reads(app: Flask, make_app: Callable[..., Flask]) -> None:
    visitor = anonymous(REALM)
    with pytest.raises(InvalidInput):
        select_for(visitor, f"{PRODUCT}-created")
    with make_app(MARKETPLACE_PUBLIC_READS="1").app_context():
        assert select_for(visitor, f"{PRODUCT}-created").names == (f"{PRODUCT}-created",)
        with pytest.raises(InvalidInput):
            select_for(visitor, f"{OFFER}-created")


def test_no_topic_and_more_than_fifty_are_refused(app: Flask, ben: Actor) -> None:
    for names in ((), tuple(f"{PRODUCT}-created:{uuid7()}" for _ in range(MOST_TOPICS + 1))):
        with pytest.raises(InvalidInput) as refused:
            select_for(ben, *names)
        assert list(refused.value.detail) == ["topics"]


def test_topics_choose_by_verb_by_row_and_by_both(app: Flask, room: Saleroom, ben: Actor) -> None:
    one, other = room.fixed(), room.fixed()
    change(one, title="Newer")
    assert kinds(told(ben, f"{PRODUCT}-created")) == [("created", one), ("created", other)]
    assert kinds(told(ben, f"{PRODUCT}-created:{other}")) == [("created", other)]
    assert kinds(told(ben, f"productListingProduct/{one}")) == [("created", one), ("updated", one)]
    assert kinds(told(ben, f"productlistingproduct/{one}", f"{PRODUCT}-updated")) == [
        ("created", one), ("updated", one)], "once, however many topics have it"


def test_the_row_is_told_as_of_the_event_and_old_values_to_staff_alone(
        app: Flask, room: Saleroom, ben: Actor) -> None:
    listing = room.fixed(title="First")
    change(listing, title="Second")
    change(listing, title="Third")
    found = told(ben, f"productListingProduct/{listing}")
    assert [one.row["title"] for one in found if one.row] == ["First", "Second", "Third"]
    assert [one.old for one in found] == [None] * 3
    assert [one.position for one in found] == sorted({one.position for one in found})
    old = told(room.admin.actor, f"{PRODUCT}-updated")[0].old
    assert old is not None
    assert ("title" in old, "description" in old, old["title"]) == (True, False, "First")


def test_what_a_get_does_not_show_is_not_told(app: Flask, room: Saleroom, ben: Actor) -> None:
    listing = room.auction(reservePrice=9000)
    [event] = told(ben, f"{PRODUCT}-created:{listing}")
    assert event.row is not None
    assert "reservePrice" not in event.row


def test_an_offer_is_told_to_its_two_parties_alone(app: Flask, room: Saleroom) -> None:
    listing = room.fixed()
    answer = room.ben.post("/marketplace/auctionoffer-api/v1/auctionofferoffers", json={
        "productId": listing, "offerAmount": 80, "currency": "USD", "status": "PENDING"})
    assert answer.status_code == 201, answer.json
    counts = [len(told(person.actor, f"{OFFER}-created")) for person in (room.ben, room.seller, room.cleo, room.admin)]
    assert counts == [1, 1, 0, 1]


def test_fd_7_a_row_that_is_hidden_is_told_once_as_gone_to_who_saw_it(
        app: Flask, room: Saleroom, ben: Actor) -> None:
    listing = room.auction()
    bid = room.placed(room.ben, listing, 60)
    before = mark()
    for values in ({"status": "CANCELLED"}, {"currency": "EUR"}):
        with unit_of_work(SYSTEM) as work:
            work.change(work.lock(Bid, bid), **values)
            work.commit()
    found = told(room.cleo.actor, f"{BID}-updated", after=before)
    assert [(one.kind, one.object_id, one.row, one.old) for one in found] == [("gone", bid, None, None)]
    assert [one.kind for one in told(ben, f"{BID}-updated", after=before)] == ["updated", "updated"], "it is Ben's own"


def test_fd_7_what_moderation_hides_is_gone_and_comes_back(app: Flask, room: Saleroom, ben: Actor) -> None:
    listing = room.fixed()
    before = mark()
    hold(listing, lambda _: Kind(HIDDEN))
    hidden = mark()
    assert kinds(told(ben, f"productListingProduct/{listing}", after=before)) == [("gone", listing)]
    [seen] = told(room.seller.actor, f"productListingProduct/{listing}", after=before)
    assert (seen.kind, seen.row and seen.row["held"]) == ("updated", HIDDEN)
    hold(listing, lambda _: Kind(None))
    [again] = told(ben, f"productListingProduct/{listing}", after=hidden)
    assert again.row is not None
    assert (again.kind, again.row.get("held")) == ("updated", None)


def test_a_row_that_is_deleted_is_told_by_its_id_to_who_saw_it(app: Flask, room: Saleroom, ben: Actor) -> None:
    listing = room.fixed()
    before = mark()
    with unit_of_work(SYSTEM) as work:
        work.archive(work.lock(Product, listing))
        work.commit()
    [event] = told(ben, f"productListingProduct/{listing}", after=before)
    assert (event.kind, event.row, event.old) == ("deleted", {"id": listing}, None)


def test_what_is_not_visible_any_more_is_not_told_later(app: Flask, room: Saleroom, ben: Actor) -> None:
    listing = room.fixed(title="Withdrawn words")
    with unit_of_work(SYSTEM) as work:
        work.archive(work.lock(Product, listing))
        work.commit()
    assert [(one.kind, one.row) for one in told(ben, f"productListingProduct/{listing}")] == [
        ("deleted", {"id": listing})]


def test_who_has_lost_a_role_is_told_nothing_more_of_it(app: Flask, room: Saleroom) -> None:
    listing = room.fixed()
    report(room.ben.actor, entity_type="PRODUCT", entity_id=listing, reason="SPAM")
    topics = ("ebaycclone-adminmoderation-service-dbevent-moderationcase-created",)
    assert len(told(room.admin.actor, *topics)) == 1
    former = Actor(REALM, room.admin.user_id, role="user")
    assert told(former, *topics) == []


def test_a_batch_costs_a_number_of_statements_that_no_event_adds_to(
        app: Flask, room: Saleroom, ben: Actor, count_statements: Counting) -> None:
    topics = (f"{PRODUCT}-created", f"{PRODUCT}-updated", f"{BID}-created")
    receivers = [Receiver(actor, Selection.stored(REALM, topics))
                 for actor in (ben, room.cleo.actor, anonymous(REALM), room.admin.actor)]
    counted = []
    for _ in range(3):
        for _ in range(2):
            room.placed(room.ben, room.auction(), 60)
        relay_all()
        events = events_after(REALM, 0, limit=1000)
        with count_statements() as asked:
            outward(events, receivers)
        counted.append(len(asked))
    assert counted[1:] == [2, 2], "one for each data object; who is at rest is remembered since the first"
