"""Many acts of all kinds in random order, undone in reverse, leave every table as it was (M-27)."""
import random

import pytest
from sqlalchemy import select, update

from app.clock import now
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.category_management.commands import create_category
from blueprints.marketplace.feedback.counting import count
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.feedback.rules import month_of
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.audit_models import AuditEntry
from blueprints.platform.moderation.effects import EFFECTS
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.messaging.talk import written
from tests.passes import LONG
from tests.platform.moderation.chains import breaks, entries
from tests.platform.moderation.undoing import perform, tables, undo_in_reverse

MEDIA = "/marketplace/productlisting-api/v1/productlistingmedias"
ACTS = 200 if LONG else 40


class Market:
    """People, listings with bids, messages and categories: what the acts are done to."""

    def __init__(self, callers, chance):
        self.room, self.chance = Saleroom(callers), chance
        room = self.room
        self.people = [room.seller, room.ben, room.cleo, callers.user("max")]
        self.listings = [room.fixed() for _ in range(3)] + [room.auction(hours=240) for _ in range(4)]
        for auction, amount in zip(self.listings[3:], (60, 70, 80, 90), strict=True):
            room.placed(room.ben, auction, amount)
            room.placed(room.cleo, auction, amount + 40)
        for listing in self.listings[:3]:
            room.offered(room.ben, listing, 80)
        self.messages = [written(room.ben, room.seller), written(room.cleo, room.ben)]
        self.media = [asset(room.seller) for _ in range(2)]
        self.categories = [create_category(room.admin.actor, title=title).id for title in ("Clocks", "Watches")]
        self.feedback = [judged(buyer, room.seller, rating) for buyer, rating in ((room.ben, 1), (room.cleo, 4))]

    def order(self):
        """An act of any kind, on anything that it can be done to."""
        kind = self.chance.choice(sorted(EFFECTS))
        if kind == "OVERRIDE_FEEDBACK":
            said = {"rating": self.chance.randint(1, 5), "comment": self.chance.choice(["-", "fine", None])}
            return ActOrder(kind, "FEEDBACK", self.chance.choice(self.feedback), changes=said)
        if kind in ("SUSPEND", "BAN", "UNBAN"):
            person = self.chance.choice(self.people).user_id
            terms = {"days": self.chance.randint(1, 30), "scope": self.chance.choice([None, None, "SELLING", "BUYING"])}
            return ActOrder(kind, "USER", person, **(terms if kind == "SUSPEND" else {}))
        entity_type, ids = self.chance.choice(
            [("PRODUCT", self.listings)] * 4 + [("MESSAGE", self.messages), ("MEDIA", self.media),
                                                ("FEEDBACK", self.feedback), ("CATEGORY", self.categories)])
        days = self.chance.choice([None, 7]) if kind in ("HIDE", "REMOVE") else None
        return ActOrder(kind, entity_type, self.chance.choice(ids), days=days)


def asset(seller):
    """Upload a picture; returns its id."""
    answer = seller.post(MEDIA, json={"mimeType": "image/png", "url": "https://a.example/b.png", "size": 5})
    assert answer.status_code == 201, answer.json
    return answer.json["productListingMedia"]["id"]


def judged(buyer, seller, rating):
    """Let a feedback stand that is counted, without the sale before it; returns its id."""
    with unit_of_work(buyer.actor) as work:
        feedback = work.insert(Feedback(
            rating=rating, comment="so so", order_id=uuid7(), order_item_id=uuid7(), product_id=uuid7(),
            buyer_id=buyer.user_id, seller_id=seller.user_id, month=month_of(now()), delivered_at=now()))
        count(work, feedback, added=rating)
        work.commit()
    return feedback.id


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(28, 33) if LONG else [28])
def test_m_27_acts_of_all_kinds_undone_in_reverse_leave_every_table_as_it_was(app, callers, settle, seed):
    chance = random.Random(seed)
    market, staff = Market(callers, chance), callers.admin("eve")
    settle()
    before = tables()
    numbers = perform(staff.actor, market.order, ACTS)
    done = fetch(select(Act.kind, Act.entity_type))
    assert {row.kind for row in done} == set(EFFECTS)
    assert {row.entity_type for row in done} == {"PRODUCT", "MESSAGE", "MEDIA", "FEEDBACK", "CATEGORY", "USER"}
    settle()
    undo_in_reverse(staff.actor, numbers)
    settle()
    after = tables()
    assert (sorted(before - after), sorted(after - before)) == ([], [])
    assert audit.verify("marketplace").is_intact
    assert sum(entry["what"] == "act.undone" for entry in entries()) == ACTS
    [row] = fetch(select(AuditEntry.payload).where(AuditEntry.seq == ACTS))
    with unit_of_work(staff.actor) as work:
        work.execute(update(AuditEntry).where(AuditEntry.seq == ACTS).values(payload=row.payload.replace("so", "no")))
        work.commit()
    assert breaks() == [(ACTS, f"entry {ACTS} was changed")]
