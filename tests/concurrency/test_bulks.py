"""A bulk holds many listings in one transaction: whoever comes in between waits, and no two wait for each other."""
import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.data.reads import fetch
from app.errors import ApiError
from blueprints.marketplace.auction_offer.models import Offer
from blueprints.marketplace.auction_offer.offer_commands import end_offers_of
from blueprints.platform.moderation import acts, bulk, cases
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.reports import report
from tests.concurrency.in_between import WRITTEN, meet
from tests.concurrency.together import together
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.moderation.holding import subject

FIRST_IS_HELD = (acts, "record_act")
"""Where a bulk has judged the first of its listings, and holds all its locks."""


@pytest.fixture
def room(callers):
    return Saleroom(callers)


@pytest.fixture
def listings(room):
    return sorted(room.fixed() for _ in range(3))


def removed(room, listings):
    """Remove these listings by a bulk; returns how many were."""
    number = bulk.begin(room.admin.actor, "REMOVE", "PRODUCT", listings, reason="fakes", strikes=False).number
    return bulk.run(room.admin.actor, number).done


def held(listings):
    return [subject("PRODUCT", one).held for one in listings]


def said(command):
    try:
        return command()
    except ApiError as refusal:
        return refusal.err_code


def offered(room, listings):
    """Let Ben make an offer on each, the last listing first: the ids of offers and listings have opposite orders."""
    for listing in reversed(listings):
        room.offered(room.ben, listing, 80)


@pytest.mark.parametrize("place", [FIRST_IS_HELD, WRITTEN], ids=["first held", "written"])
def test_who_has_offers_on_the_listings_of_a_bulk_is_suspended_behind_it(app, room, listings, monkeypatch, place):
    offered(room, listings)
    suspend = ActOrder("SUSPEND", "USER", room.ben.user_id, days=7)
    met = meet(app, monkeypatch, place, lambda: removed(room, listings),
               lambda: said(lambda: len(cases.act(room.admin.actor, suspend, reason="r").acts)))
    assert (met.first, met.rival, met.rival_waited) == (3, 1, True)
    assert held(listings) == ["REMOVED"] * 3
    assert {row.status for row in fetch(select(Offer.status))} == {"EXPIRED"}


@pytest.mark.parametrize("place", [FIRST_IS_HELD, WRITTEN], ids=["first held", "written"])
def test_the_offers_of_who_is_locked_end_behind_a_bulk_that_lets_them_lapse(app, room, listings, monkeypatch, place):
    """Both lock all of them in the order of their ids: one after the other they would wait for each other."""
    offered(room, listings)
    met = meet(app, monkeypatch, place, lambda: removed(room, listings),
               lambda: end_offers_of(system_actor("marketplace"), room.ben.user_id))
    assert (met.first, met.rival, met.rival_waited) == (3, 0, True)
    assert {row.status for row in fetch(select(Offer.status))} == {"EXPIRED"}


@pytest.mark.parametrize("place", [FIRST_IS_HELD, WRITTEN], ids=["first held", "written"])
def test_a_bulk_of_the_same_listings_the_other_way_round_leaves_them_to_the_first(app, room, listings, monkeypatch,
                                                                                  place):
    met = meet(app, monkeypatch, place, lambda: removed(room, listings),
               lambda: removed(room, list(reversed(listings))))
    assert (met.first, met.rival, met.rival_waited) == (3, 0, True)
    assert len(fetch(select(Act.id))) == 3


def test_a_report_that_comes_while_a_bulk_judges_is_judged_with_it_or_opens_the_next_case(app, room, listings,
                                                                                        monkeypatch):
    met = meet(app, monkeypatch, FIRST_IS_HELD, lambda: removed(room, listings),
               lambda: said(lambda: report(room.cleo.actor, entity_type="PRODUCT", entity_id=listings[2],
                                           reason="FRAUD").state))
    assert met.first == 3
    is_open = [row.is_open for row in fetch(select(Report.is_open))]
    assert pending_cases("marketplace") == sum(is_open)


def test_bulks_suspensions_reports_and_undoings_at_once_end(app, room, callers, listings):
    offered(room, listings)
    bob = callers.admin("bob")

    def undone():
        for number in (1, 2, 3):
            said(lambda number=number: acts.undo(bob.actor, number, reason="r"))

    together(app, lambda: removed(room, listings), lambda: removed(room, list(reversed(listings))),
             lambda: said(lambda: cases.act(bob.actor, ActOrder("SUSPEND", "USER", room.ben.user_id, days=7),
                                            reason="r")),
             lambda: [said(lambda one=one: report(room.cleo.actor, entity_type="PRODUCT", entity_id=one,
                                                  reason="SPAM")) for one in reversed(listings)], undone)
    open_reports = [row for row in fetch(select(Report.is_open)) if row.is_open]
    assert pending_cases("marketplace") == len(open_reports)
    standing = {row.entity_id for row in fetch(select(Act.entity_id).where(Act.kind == "REMOVE",
                                                                            Act.state == "STANDING"))}
    assert [one is not None for one in held(listings)] == [listing in standing for listing in listings]
