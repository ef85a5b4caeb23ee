"""Several acts in one case, and their undo by a granted appeal, are one transaction each (moderation.md, Locks)."""
from app.data.unit_of_work import unit_of_work
from blueprints.platform.moderation import appeals, cases
from blueprints.platform.moderation.acts import ActOrder, subject_of
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.messaging.talk import unread, written
from tests.marketplace.moderation.holding import subject
from tests.marketplace.moderation.test_everything_undone import judged


def resolved(staff, *orders):
    """Resolve a new case of the first act's thing by all acts, with a strike."""
    kind, thing = orders[0].entity_type, orders[0].entity_id
    with unit_of_work(staff.actor) as work:
        case = cases.open_case(work, kind="OWN", entity_type=kind, entity_id=thing,
                               subject=subject_of(staff.actor, kind, thing))
        work.commit()
    return cases.resolve(staff.actor, case.number, acts=list(orders), reason="so it is", strike=True)


def granted(callers, person, done):
    """Let the person appeal against the strike, and another moderator grant it; returns what is lost."""
    appeal = appeals.appeal(person.actor, strike_number=done.strike.number, text="no")
    return appeals.decide(callers.admin("eve").actor, appeal.number, granted=True, reason="true").lost


def test_removal_suspension_and_feedback_of_one_case_come_back_with_its_appeal(callers):
    room = Saleroom(callers)
    product, other, auction = room.fixed(), room.fixed(), room.auction()
    room.placed(room.cleo, auction, 60)
    offers = [room.offered(room.ben, one, 80) for one in (product, other)]
    said = [judged(buyer, room.seller, 1) for buyer in (room.ben, room.cleo)]
    done = resolved(room.admin, ActOrder("REMOVE", "PRODUCT", product),
                    ActOrder("SUSPEND", "USER", room.seller.user_id, days=7),
                    *(ActOrder("HIDE", "FEEDBACK", one) for one in said))
    assert subject("PRODUCT", product).held == "REMOVED"
    assert [room.offer_seen(room.admin, one)["status"] for one in offers] == ["EXPIRED", "EXPIRED"]
    granted(callers, room.seller, done)
    assert subject("PRODUCT", product).held is None
    assert [room.offer_seen(room.admin, one)["status"] for one in offers] == ["PENDING", "PENDING"]


def test_two_messages_of_one_case_are_held_and_come_back(callers):
    room = Saleroom(callers)
    messages = [written(room.ben, room.cleo), written(room.ben, room.seller), written(room.ben, room.cleo)]
    done = resolved(room.admin, *(ActOrder("REMOVE", "MESSAGE", one) for one in messages))
    assert unread(room.cleo, room.ben) == 0
    assert granted(callers, room.ben, done) == []
    assert (unread(room.cleo, room.ben), unread(room.seller, room.ben)) == (2, 1)
