"""Several acts in one case, and their undo by a granted appeal, are one transaction each (moderation.md, Locks)."""
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import delete, select

from app.actor import system_actor
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput
from blueprints.marketplace.auction_offer.commands import place_bid
from blueprints.marketplace.auction_offer.models import Bid
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.product_listing.commands import create_media
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.platform.moderation import appeals, cases
from blueprints.platform.moderation.acts import ActOrder, undo
from blueprints.platform.moderation.reports import report
from blueprints.platform.moderation.rules import LETTER_STAYS, SESSIONS_STAY
from blueprints.platform.moderation.subjects import subject_of
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
    assert granted(callers, room.ben, done) == [LETTER_STAYS]
    assert (unread(room.cleo, room.ben), unread(room.seller, room.ben)) == (2, 1)


def test_a_category_and_a_listing_of_one_case_are_hidden_and_come_back(callers):
    room = Saleroom(callers)
    product = room.fixed()
    category = create_category(room.admin.actor, title="Clocks").id
    done = resolved(room.admin, ActOrder("HIDE", "PRODUCT", product), ActOrder("HIDE", "CATEGORY", category))
    assert (subject("PRODUCT", product).held, subject("CATEGORY", category).held) == ("HIDDEN", "HIDDEN")
    for one in reversed(done.acts):
        undo(room.admin.actor, one.number, reason="true")
    assert (subject("PRODUCT", product).held, subject("CATEGORY", category).held) == (None, None)


def test_selling_and_buying_suspended_in_one_case_come_back_with_its_appeal(callers):
    room = Saleroom(callers)
    product, auction = room.fixed(), room.auction()
    room.placed(room.ben, auction, 60)
    offer = room.offered(room.ben, product, 80)
    done = resolved(room.admin, *(ActOrder("SUSPEND", "USER", room.ben.user_id, days=7, scope=scope)
                                  for scope in ("SELLING", "BUYING")))
    assert room.offer_seen(room.admin, offer)["status"] == "EXPIRED"
    granted(callers, room.ben, done)
    assert room.offer_seen(room.admin, offer)["status"] == "PENDING"


def test_what_is_undone_goes_on_though_a_thing_is_gone_for_good(callers):
    room = Saleroom(callers)
    pictures = [create_media(room.seller.actor, mime_type="image/png", url=f"https://a.example/{name}.png", size=5).id
                for name in "ab"]
    alone = cases.act(room.admin.actor, ActOrder("HIDE", "MEDIA", pictures[0]), reason="fake", strike=False).acts[0]
    product = room.fixed()
    done = resolved(room.admin, ActOrder("HIDE", "PRODUCT", product), ActOrder("REMOVE", "MEDIA", pictures[1]))
    with unit_of_work(system_actor("marketplace")) as work:
        work.execute(delete(Media).where(Media.id.in_(pictures)))
        work.commit()
    assert undo(room.admin.actor, alone.number, reason="true").lost == ["It is gone for good", LETTER_STAYS]
    assert granted(callers, room.seller, done) == [LETTER_STAYS, "It is gone for good"]
    assert subject("PRODUCT", product).held is None


def test_a_ban_stands_alone_among_acts_on_people(callers):
    room = Saleroom(callers)
    with pytest.raises(InvalidInput, match="only act on people"):
        resolved(room.admin, ActOrder("BAN", "USER", room.ben.user_id), ActOrder("BAN", "USER", room.cleo.user_id))


def test_an_unban_after_suspension_and_ban_is_undone_though_a_bid_came_back(callers):
    room = Saleroom(callers)
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    ben, staff = room.ben.user_id, room.admin.actor
    for order in (ActOrder("SUSPEND", "USER", ben, days=7), ActOrder("BAN", "USER", ben)):
        cases.act(staff, order, reason="so it is")
    [lifted] = cases.act(staff, ActOrder("UNBAN", "USER", ben), reason="we were wrong").acts
    undo(staff, lifted.number, reason="we were not")
    assert statuses(Bid) == ["CANCELLED"]


def test_m_5_what_a_ban_takes_out_again_comes_back_with_its_undo(callers):
    room = Saleroom(callers)
    auction, ben, staff = room.auction(), room.ben.user_id, room.admin.actor
    currency = subject("PRODUCT", auction).content["currency"]
    [banned] = cases.act(staff, ActOrder("BAN", "USER", ben), reason="so it is").acts
    [lifted] = cases.act(staff, ActOrder("UNBAN", "USER", ben), reason="we were wrong").acts
    place_bid(room.ben.actor, product_id=auction, bid_amount=Decimal(60), currency=currency)
    undo(staff, lifted.number, reason="we were not")
    assert statuses(Bid) == ["CANCELLED"]
    assert undo(staff, banned.number, reason="we were after all").lost == [LETTER_STAYS, SESSIONS_STAY]
    assert statuses(Bid) == ["ACTIVE"]


def test_staff_of_another_realm_judge_nothing_here(callers):
    room = Saleroom(callers)
    product = room.fixed()
    for order in (ActOrder("REMOVE", "PRODUCT", product), ActOrder("WARN", "PRODUCT", product)):
        with pytest.raises(InvalidInput, match="moderated here"):
            cases.act(system_actor("network", operator="ops"), order, reason="not ours")
    with pytest.raises(InvalidInput, match="moderated here"):
        report(replace(room.ben.actor, realm_or_none="network"), entity_type="PRODUCT", entity_id=product,
               reason="FRAUD")


def statuses(model):
    return [row.status for row in fetch(select(model.status))]


def test_m_24_each_kind_of_act_is_a_row_of_the_contracts_record(callers):
    room, moderation = Saleroom(callers), "/marketplace/adminmoderation-api/v1"
    thing, person = ("PRODUCT", room.fixed()), ("USER", room.seller.user_id)
    kinds = {"WARN": "ADMIN_NOTE", "HIDE": "SOFT_DELETE", "SHOW_AGAIN": "RESTORE", "REMOVE": "SOFT_DELETE",
             "SUSPEND": "MANUAL_CORRECTION", "BAN": "MANUAL_CORRECTION", "UNBAN": "MANUAL_CORRECTION"}
    for kind in kinds:
        entity_type, entity_id = person if kind in ("SUSPEND", "BAN", "UNBAN") else thing
        act = {"kind": kind, "entityType": entity_type, "entityId": entity_id, "reason": "so it is"}
        answer = room.admin.post(f"{moderation}/acts", json=act | ({"days": 7} if kind == "SUSPEND" else {}))
        assert answer.status_code == 201, answer.json
    rows = room.admin.get(f"{moderation}/moderationactions").json["moderationActions"][::-1]
    assert {row["actKind"]: row["actionType"] for row in rows} == kinds
    assert [(row["entityType"], row["entityId"], row["adminId"]) for row in rows] == [
        (*about, room.admin.user_id) for about in (thing,) * 4 + (person,) * 3]
