"""The same act again returns the one that stands; what was lifted since is done anew (moderation.md M-17, M-18)."""
import pytest

from app.data.reads import fetch_one
from app.errors import RuleViolated
from blueprints.platform.auth.models import MarketplaceUser
from blueprints.platform.moderation import cases
from blueprints.platform.moderation.acts import ActOrder, undo
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.reports import report
from tests.clients import Callers
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.moderation.holding import subject


@pytest.fixture
def room(callers: Callers) -> Saleroom:
    return Saleroom(callers)


def act(room, kind, person):
    return cases.act(room.admin.actor, ActOrder(kind, "USER", person.user_id), reason="so it is")


def reported(room, entity_type, entity_id):
    report(room.cleo.actor, entity_type=entity_type, entity_id=entity_id, reason="FRAUD")
    return 1


def is_suspended(person):
    row = fetch_one(MarketplaceUser.__table__.select().where(MarketplaceUser.id == person.user_id))
    return row.suspended_until is not None


def test_a_ban_that_was_lifted_is_done_anew_without_a_case(room):
    first = act(room, "BAN", room.ben)
    assert act(room, "BAN", room.ben).acts[0].number == first.acts[0].number
    act(room, "UNBAN", room.ben)
    again = act(room, "BAN", room.ben)
    assert (again.acts[0].number, again.case.number, is_suspended(room.ben)) == (3, 3, True)


def test_a_ban_that_was_lifted_is_done_anew_once_by_the_same_resolution(room):
    number = reported(room, "USER", room.ben.user_id)
    ban = [ActOrder("BAN", "USER", room.ben.user_id)]
    assert cases.resolve(room.admin.actor, number, acts=ban, reason="r").acts[0].number == 1
    act(room, "UNBAN", room.ben)
    for _ in range(2):
        again = cases.resolve(room.admin.actor, number, acts=ban, reason="r")
        assert (again.acts[0].number, again.case.number, again.case.previous) == (3, 3, 2)
        assert is_suspended(room.ben)
    assert pending_cases("marketplace") == 0


def test_of_a_resolution_only_what_was_lifted_is_done_anew(room):
    product = room.fixed()
    number = reported(room, "PRODUCT", product)
    orders = [ActOrder("REMOVE", "PRODUCT", product), ActOrder("BAN", "USER", room.seller.user_id)]
    assert len(cases.resolve(room.admin.actor, number, acts=orders, reason="r").acts) == 2
    act(room, "UNBAN", room.seller)
    again = cases.resolve(room.admin.actor, number, acts=orders, reason="r")
    assert [(one.kind, one.number) for one in again.acts] == [("BAN", 4)]
    assert (again.case.entity_id, again.case.previous) == (product, number)
    undo(room.admin.actor, 1, reason="r")
    assert subject("PRODUCT", product).held is None


def test_a_resolution_that_was_undone_is_not_repeated(room):
    number = reported(room, "USER", room.ben.user_id)
    ban = [ActOrder("BAN", "USER", room.ben.user_id)]
    cases.resolve(room.admin.actor, number, acts=ban, reason="r")
    undo(room.admin.actor, 1, reason="r")
    with pytest.raises(RuleViolated, match="is closed"):
        cases.resolve(room.admin.actor, number, acts=ban, reason="r")
    assert not is_suspended(room.ben)
