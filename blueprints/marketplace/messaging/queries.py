"""The reads of messaging: everybody's own, staff's too (rules-marketplace §5.2, moderation.md M-22)."""
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, except_, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.actor import Actor
from app.data.columns import iso
from app.data.held import HIDDEN, Viewer, is_free, is_shown_to_owner, viewer
from app.data.ids import canonical_uuid
from app.data.reads import Listing, fetch, fetch_one, get_row, list_query, list_rows, rows_by_id
from app.data.reads.filters import Filters, equal
from app.data.reads.keyset import row_order
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.visibility import Expression, expression_in_sql
from app.errors import InvalidInput
from app.identity.access import require_self_or_staff
from blueprints.marketplace.messaging.models import HAS_MESSAGES, Conversation, Message
from blueprints.marketplace.messaging.rules import pair_of
from blueprints.marketplace.messaging.visibility import MESSAGES, NOT_DELETED
from blueprints.platform.people.briefs import user_briefs

if TYPE_CHECKING:  # who lists messages exports nobody
    from app.data.person_rows import Person

REALM = "marketplace"
MESSAGE_FILTERS = Filters((equal(Message.from_user_id), equal(Message.to_user_id), equal(Message.is_read)))
_NEWEST_FIRST = (Message.sent_at.desc(), Message.id.desc())
_LATEST_FIRST = row_order(Conversation.last_at.desc(), Conversation.counterpart_id.desc())


def get_message(actor: Actor, asked: ReadRequest, message_id: str) -> Wire:
    """Return a message to its parties, while they have not deleted it, and to staff; raises NotFound, Forbidden."""
    row = get_row(Message, message_id, expression_in_sql(NOT_DELETED, Message, actor), viewer=viewer(actor))
    require_self_or_staff(actor, row["fromUserId"], row["toUserId"])
    return row


def list_messages(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's messages, newest first; with `withUserId` those with this user alone.

    Raises InvalidInput for a `withUserId` that is no UUID."""
    me, other = str(actor.user_id), _with_whom(asked)
    thread = () if other is None else (Message.pair == pair_of(me, other),)
    sent, received = Message.from_user_id == me, and_(Message.to_user_id == me, Message.from_user_id != me)
    counted: Callable[[], int] | None = None if asked.where else partial(_kept, Conversation.messages, me, other)
    return list_rows(Message, asked.page, *asked.where, *thread, expression_in_sql(NOT_DELETED, Message, actor),
                     order=_NEWEST_FIRST, either=() if thread else (sent, received), counted=counted,
                     viewer=MESSAGES.sees_held(actor))


def list_conversations(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's conversations, the latest first, each with its latest message and unread count.

    Beside them stands how many messages of all conversations are unread."""
    listing = list_query(select(Conversation).with_only_columns(*Conversation.__table__.c).where(
        Conversation.user_id == actor.user_id, HAS_MESSAGES), _LATEST_FIRST, asked.page, _conversation)
    latest = rows_by_id(Message, [row["latestMessageId"] for row in listing.rows], viewer=Viewer(actor.user_id))
    for row in listing.rows:
        row["latestMessage"] = latest.get(row.pop("latestMessageId"))
    _add_counterparts(asked, listing.rows)
    listing.extras["unread"] = _kept(Conversation.unread, str(actor.user_id))
    return listing


def is_shown_to(user_id: str) -> ColumnElement[bool]:
    """Return the condition that this party has not deleted the message, and moderation does not hold it from it."""
    return and_(_kept_by(user_id, NOT_DELETED), is_shown_to_owner(Message, user_id))


def messages_kept_by(person: "Person") -> ColumnElement[bool]:
    """Return the condition of the messages that a person has sent or received, and not deleted: both sides of them."""
    return _kept_by(person.id, MESSAGES.rule)


def _kept_by(user_id: str, rule: Expression) -> ColumnElement[bool]:
    """Return a rule of messages as the condition of those that hold it for this person."""
    return expression_in_sql(rule, Message, Actor(REALM, user_id))


def miscounted_conversations(limit: int) -> list[tuple[str, str]]:
    """Return (user, counterpart) whose conversation says something else than its messages do (decision 35).

    It reads every message; it is the operator's question."""
    sent = select(Message.from_user_id.label("user_id"), Message.to_user_id.label("counterpart_id"), literal(0).label(
        "unread"), Message.sent_at).where(Message.is_active.is_(True), Message.sender_deleted.is_(False),
        or_(is_free(Message), Message.held == HIDDEN))
    received = select(
        Message.to_user_id, Message.from_user_id, case((Message.is_read, 0), else_=1), Message.sent_at).where(
        Message.is_active.is_(True), Message.recipient_deleted.is_(False), is_free(Message))
    seen = union_all(sent, received).subquery()
    recount = select(seen.c.user_id, seen.c.counterpart_id, func.count(), func.sum(seen.c.unread),
                     func.max(seen.c.sent_at)).group_by(seen.c.user_id, seen.c.counterpart_id)
    of = (Conversation.user_id, Conversation.counterpart_id)
    kept = select(*of, Conversation.messages, Conversation.unread, Conversation.last_at).outerjoin(
        Message, (Message.id == Conversation.last_message_id) & (Message.sent_at == Conversation.last_at)).where(
        or_(HAS_MESSAGES, Conversation.messages != 0, Conversation.unread != 0))
    known = kept.where(Message.id.is_not(None))  # of another latest message none is known, so it differs
    wrong: set[tuple[str, str]] = set()
    for one, other in ((recount, known), (kept, recount)):
        differing = except_(one, other).subquery()
        wrong.update((row[0], row[1]) for row in fetch(select(differing).limit(limit)))
    return sorted(wrong)[:limit]


def _with_whom(asked: ReadRequest) -> str | None:
    text = asked.arguments.get("withUserId")
    if not text:
        return None
    found = canonical_uuid(text)
    if found is None:
        raise InvalidInput("withUserId: expected a UUID", detail={"withUserId": "expected a UUID"})
    return found


def _kept(count: InstrumentedAttribute[int], me: str, other: str | None = None) -> int:
    """Return one of the counts that the actor's conversations keep, with `other` or with everybody."""
    query: Select[Any] = select(func.coalesce(func.sum(count), 0)).where(Conversation.user_id == me)
    row = fetch_one(query if other is None else query.where(Conversation.counterpart_id == other))
    return int(row[0]) if row else 0


def _conversation(row: Row[Any]) -> Wire:
    return {"counterpartId": row.counterpart_id, "messageCount": row.messages, "unreadCount": row.unread,
            "lastAt": iso(row.last_at), "latestMessageId": row.last_message_id}


def _add_counterparts(asked: ReadRequest, rows: list[Wire]) -> None:
    """Add the brief of each counterpart, in one statement for all rows; a conversation is no data object."""
    if asked.joins and not asked.local_only:
        briefs = user_briefs(REALM, {row["counterpartId"] for row in rows})
        for row in rows:
            row["counterpart"] = briefs.get(row["counterpartId"])
