"""Many acts of all kinds in random order, undone in reverse, leave every table as it was (M-27)."""
import random

import pytest
from sqlalchemy import select, true, update

from app.clock import now
from app.data.entity import db
from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import RuleViolated
from blueprints.marketplace.feedback.counting import count
from blueprints.marketplace.feedback.models import Feedback
from blueprints.marketplace.feedback.rules import month_of
from blueprints.platform.moderation import acts, audit, cases
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.effects import EFFECTS
from blueprints.platform.moderation.models import AuditEntry
from tests.marketplace.auction_offer.saleroom import Saleroom
from tests.marketplace.messaging.talk import written
from tests.passes import LONG
from tests.platform.moderation.chains import breaks, entries

MEDIA = "/marketplace/productlisting-api/v1/productlistingmedias"
ACTS = 200 if LONG else 40
NOT_COMPARED = frozenset({
    # history
    "moderation_act", "moderation_audit", "moderation_audit_head", "moderation_case", "moderation_counter",
    "moderation_evidence", "moderation_hold", "moderation_strike", "admin_moderation_action", "security_event",
    "job_run", "idempotency_key",
    # outbox and deliveries, notices, letters, sessions
    "outbox_record", "event_delivery", "notification", "notice", "notice_unread", "mail_message", "login_session",
})
NEVER_COMPARED = frozenset({"record_version", "updated_at", "request_id"})
MADE_ANEW = frozenset({"id", "created_at", "indexed_at"})


class Market:
    """People, listings with bids, and messages: what the acts are done to."""

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
                                                ("FEEDBACK", self.feedback)])
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


def tables():
    """Every row of a table that must be as it was, without what a return changes, too: (table, row) as text."""
    rows = set()
    for name, table in db.metadata.tables.items():
        if name not in NOT_COMPARED:
            known = NEVER_COMPARED | (MADE_ANEW if name == "marketplace_search_index" else frozenset())
            rows.update((name, repr(_without_versions(row))) for row in (
                {column: value for column, value in found._mapping.items() if column not in known}
                for found in fetch(select(*table.c).where(_shown(table)))))
    return rows


def _shown(table):
    """A search record that is archived was made anew: it follows from its listing."""
    return table.c.is_active.is_(True) if table.name == "marketplace_search_index" else true()


def _without_versions(value):
    if isinstance(value, dict):
        return {name: _without_versions(one) for name, one in sorted(value.items())
                if name not in ("recordVersion", "updatedAt")}
    return value


def done(market, staff):
    """Do one act; returns its number, None where it was refused or stands already."""
    order = market.order()
    known = {row.number for row in fetch(select(acts.Act.number))}
    try:
        made = cases.act(staff.actor, order, reason="so it is", strike=False)
    except RuleViolated:
        return None
    number = made.acts[0].number
    return None if number in known else number


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(27, 32) if LONG else [27])
def test_m_27_acts_of_all_kinds_undone_in_reverse_leave_every_table_as_it_was(app, callers, settle, seed):
    chance = random.Random(seed)
    market, staff = Market(callers, chance), callers.admin("eve")
    settle()
    before = tables()
    numbers = []
    for _ in range(5 * ACTS):
        number = done(market, staff)
        if number is not None:
            numbers.append(number)
        if len(numbers) == ACTS:
            break
    assert len(numbers) == ACTS
    assert {row.kind for row in fetch(select(acts.Act.kind))} == set(EFFECTS)
    settle()
    for number in reversed(numbers):
        acts.undo(staff.actor, number, reason="so it is not")
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
