"""Once an archived account is purged, no table names its person, but what the books and others need (decision 41)."""
import re
from types import SimpleNamespace

import pytest
from sqlalchemy import String, cast, select

from app.clock import moved_clock
from app.data.connections import reading
from app.data.entity import db
from app.data.person_rows import ERASED, EXPIRING, KEPT, NOBODY, PersonTables, forget_person
from app.data.reads import fetch
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.marketplace.auction_offer.models import Bid, Offer
from blueprints.platform.auth.commands import archive_profile
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.reports import report
from tests.app.payments.fixtures import flaky, localstripe, paying_app  # noqa: F401 - pytest finds them here
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.order_management.conftest import shop  # noqa: F401
from tests.marketplace.order_management.shop import ORDERS, ok

# ruff: noqa: F811 - that is how pytest hands fixtures over
PERSON = re.compile(r"(.*_)?(user|owner|buyer|seller|bidder|admin|uploader|author|sender|receiver|reporter|person|"
                    r"moderator|participant|follower)(_?id|_ref)?$|.*_by$")
# Tables whose rows end by the clock within a day, or name their subject only to find it again.
PASSING = {"due_work": "its subject finds nothing", "idempotency_key": "IDEMPOTENCY_HOURS", "event_delivery": "a week"}


def named_columns(tables):
    """Return the columns that name people; the creator of a data object stands beside, where that is nobody else.

    An account's suspended_by and an offer's lapsed_by name an act."""
    return {(table.name, column.name) for table in tables for column in table.columns
            if column.name not in ("owner", "suspended_by", "lapsed_by") and PERSON.fullmatch(column.name)}


def declared():
    return {(rows.model.__tablename__, name) for rows in runtime().part(PersonTables) for name in rows.people}


def undeclared(tables):
    return named_columns(tables) - declared()


def places_of(user_id):
    """Return the tables and columns that hold the id anywhere, in a column of its own or inside a text or JSON."""
    with reading() as connection:
        return {(table.name, column.name) for table in db.metadata.tables.values()
                for row in connection.execute(select(*(cast(column, String) for column in table.columns)))
                for column, text in zip(table.columns, row, strict=True) if text is not None and user_id in text}


@pytest.fixture
def room(callers):
    return Saleroom(callers)


def test_a_new_table_that_names_people_is_found_when_nobody_declares_it(app):
    column = SimpleNamespace(name="author_id")
    table = SimpleNamespace(name="some_new_table", columns=[column])
    assert undeclared([table]) == {("some_new_table", "author_id")}


def test_every_table_that_names_people_is_declared(app):
    assert undeclared(db.metadata.tables.values()) == set()


def test_what_is_kept_or_expires_says_why(app):
    assert [rows for rows in runtime().part(PersonTables) if rows.fate in (KEPT, EXPIRING) and not rows.why] == []


@pytest.mark.parametrize("who", ["seller", "buyer"])
def test_after_the_archive_month_only_the_books_know_the_person(shop, room, settle, who):
    ok(shop.start(shop.order(shop.list_product())["id"], storeCard=True))
    person, mate = getattr(shop, who), room.cleo
    auction, own = room.auction(), shop.list_product(person if who == "seller" else None)
    room.placed(person, auction, 60)
    room.offered(mate, own, 80, message="for my aunt") if who == "seller" else room.offered(person, own, 80)
    settle()
    before = places_of(person.user_id)
    assert ("notification", "user_id") in before
    assert ("mail_message", "recipient") in places_of(person.email)
    archive_profile(person.actor, person.user_id)
    settle()
    with moved_clock(days=31):
        run_job("purge-archived")
        settle()
        run_job("purge-archived")  # a second time finds nothing
        settle()
    with moved_clock(days=60):
        run_job("purge-events")
        run_job("purge-idempotency-keys")
        left, named = places_of(person.user_id), places_of(person.email)
    kept = {(rows.model.__tablename__, name) for rows in runtime().part(PersonTables) if rows.fate == KEPT
            for name in (*rows.people, "owner")}
    kept_tables = {table for table, _ in kept if table.startswith(("order_", "payment_"))}
    assert {place for place in left - kept if place[0] not in kept_tables | {"outbox_record", *PASSING}} == set()
    assert {place for place in named if place[0] not in PASSING} == set()
    assert ("order_ledger", "seller_id") in left if who == "seller" else ("order_management_order", "buyer_id") in left
    erased = {rows.model.__tablename__ for rows in runtime().part(PersonTables) if rows.fate == ERASED}
    assert {table for table, _ in left} & (erased - {"marketplace_search_index"}) == set()
    assert ok(shop.admin.get(f"{ORDERS}/v1/ordermanagementorders"))["orderManagementOrders"]


def test_what_stands_of_several_people_on_one_listing_ends_before_it_is_nobodys(room):
    auction, fixed = room.auction(), room.fixed()
    for bidder, amount in ((room.ben, 60), (room.cleo, 90)):
        room.placed(bidder, auction, amount)
        room.offered(bidder, fixed, 80)
    for bidder in (room.ben, room.cleo):  # before the events of their ends were heard
        forget_person(bidder.actor, runtime().part(PersonTables), bidder.user_id, "req-purge")
    assert {tuple(row) for row in fetch(select(Bid.status, Bid.user_id))} == {("CANCELLED", NOBODY)}
    assert {tuple(row) for row in fetch(select(Offer.status, Offer.buyer_id))} == {("EXPIRED", NOBODY)}


def test_the_open_reports_of_several_people_on_one_listing_become_nobodys(room):
    fixed = room.fixed()
    for person in (room.ben, room.cleo):
        report(person.actor, entity_type="PRODUCT", entity_id=fixed, reason="FRAUD")
    for person in (room.ben, room.cleo):
        forget_person(person.actor, runtime().part(PersonTables), person.user_id, "req-purge")
    assert [row.reporter_id for row in fetch(select(Report.reporter_id))] == [NOBODY, NOBODY]


def test_nobody_is_no_account(app):
    assert places_of(NOBODY) == set()
