"""The reads of messaging: everybody sees the conversations in which he takes part, nothing else (rules-network §4B).

superAdmin gets single ones, too; what he reads of others is in the audit (NET-31)."""
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select

from app.actor import Actor
from app.data.held import Viewer, is_shown_to_owner
from app.data.reads import Listing, fetch, fetch_one, get_row, list_query, list_rows, rows_by_id
from app.data.reads.filters import Filters, equal, since, until
from app.data.reads.keyset import row_order
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire, row_serializer
from app.data.visibility import seen_by
from app.errors import NotFound
from app.identity.access import require
from blueprints.network.messaging.models import Conversation, Message, Participant, Receipt
from blueprints.network.messaging.visibility import (
    CONVERSATIONS,
    MESSAGES,
    active_conversations,
    has_receipt,
    takes_part,
)

if TYPE_CHECKING:  # who lists messages exports nobody
    from app.data.person_rows import Person

CONVERSATION_FILTERS = Filters((
    equal(Conversation.is_group), equal(Conversation.last_message_at),
    replace(equal(Conversation.creator_user_id, "participantIds"), takes_null=False,
            clause=lambda ids: and_(*(takes_part(Conversation.id, user_id) for user_id in ids)))))
MESSAGE_FILTERS = Filters((
    equal(Message.conversation_id), equal(Message.sender_user_id), equal(Message.sent_at),
    since(Message.sent_at, "minSentAt"), until(Message.sent_at, "maxSentAt"),
    replace(equal(Message.sender_user_id, "unreadBy"), takes_null=False,
            clause=lambda ids: or_(*(~_has_read(user_id) for user_id in ids)))))
_OLDEST_FIRST = (Message.sent_at, Message.id)
_LATEST_FIRST = row_order(Participant.last_at.desc(), Participant.conversation_id.desc())
_LATEST_FIELDS = ("id", "content", "senderUserId", "sentAt")
_MOST_MERGED = 20


class Done(NamedTuple):
    """What one person has done with a message."""

    has_read: bool
    has_hidden: bool


Receipts = dict[str, Done]
"""User id → what that person has done with the message."""
NOTHING_DONE = Done(False, False)


def participants_of(conversation_id: str) -> list[str]:
    """Return the ids of who takes part in a conversation now, in their order."""
    return [row.user_id for row in fetch(select(Participant.user_id).where(
        Participant.conversation_id == conversation_id).order_by(Participant.user_id))]


def conversations_seen_by(actor: Actor, ids: Collection[str]) -> dict[str, Wire]:
    """Return id → conversation of those among the ids in which the actor takes part, in one statement: for joins."""
    return rows_by_id(Conversation, ids, *(() if actor.is_super_admin else seen_by(CONVERSATIONS, actor)))


def get_conversation(actor: Actor, asked: ReadRequest, conversation_id: str) -> Wire:
    """Return a conversation with its latest message and how many are unread; raises NotFound, Forbidden."""
    row = get_row(Conversation, conversation_id)
    mine = _own_part(conversation_id, actor)
    require(mine is not None or actor.is_super_admin)
    row["unreadCount"] = mine.unread if mine else 0
    _add_latest(actor, asked, [row])
    return row


def list_conversations(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's conversations, the one with the newest message first, those without any last."""
    shape = row_serializer(Conversation)

    def shown(row: Row[Any]) -> Wire:
        return shape.row(row) | {"unreadCount": row.unread}

    # CONVERSATIONS by the index of its participants: the newest first, and how many are unread.
    query = select(*shape.columns, Participant.unread, Participant.last_at, Participant.conversation_id).join(
        Participant, Participant.conversation_id == Conversation.id).where(
        Participant.user_id == actor.user_id, Conversation.is_active.is_(True), *asked.where)
    listing = list_query(query, _LATEST_FIRST, asked.page, shown)
    _add_latest(actor, asked, listing.rows)
    return listing


def with_own_part(actor: Actor, asked: ReadRequest, rows: list[Wire]) -> list[Wire]:
    """Return conversations with what list_conversations adds: how many messages the actor has not read, the latest.

    Three statements; 0 and null where he takes no part."""
    unread = {row.conversation_id: row.unread for row in fetch(select(
        Participant.conversation_id, Participant.unread).where(
        Participant.user_id == actor.user_id, Participant.conversation_id.in_([row["id"] for row in rows])))}
    for row in rows:
        row["unreadCount"] = unread.get(row["id"], 0)
    _add_latest(actor, asked, rows)
    return rows


def get_message(actor: Actor, message_id: str) -> Wire:
    """Return a message to who takes part in its conversation and has not deleted it; raises NotFound, Forbidden."""
    row = get_row(Message, message_id, _is_in_active_conversation(), viewer=Viewer(actor.user_id, actor.is_super_admin))
    is_there = _own_part(row["conversationId"], actor) is not None
    require(is_there or actor.is_super_admin)
    done = add_receipts([row]).get(message_id, {})
    if is_there and done.get(str(actor.user_id), NOTHING_DONE).has_hidden:
        raise NotFound
    return row


def list_messages(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the messages of the actor's conversations, the oldest first; staff, too, see only their own.

    It is MESSAGES, read apart: few conversations each by its own index in order, where a condition on all of them
    sorts; who asks for all of very many has one condition."""
    own = active_conversations(actor)
    named = MESSAGE_FILTERS.values_named(asked.filters, "conversationId")
    if named is not None:
        own = own.where(Participant.conversation_id.in_(named))
    ids = [row.conversation_id for row in fetch(own.limit(_MOST_MERGED + 1))]
    if not ids:
        return Listing([], 0, asked.page)
    column = Message.conversation_id
    either = [column == one for one in ids] if len(ids) <= _MOST_MERGED else [column.in_(own)]
    listing = list_rows(Message, asked.page, *asked.where, ~_has_hidden(actor.user_id), either=either,
                        order=_OLDEST_FIRST, viewer=MESSAGES.sees_held(actor))
    add_receipts(listing.rows)
    return listing


def add_receipts(rows: list[Wire]) -> dict[str, Receipts]:
    """Add to messages who has read them and who has deleted them for himself, in one statement; returns that."""
    found = receipts_of([row["id"] for row in rows])
    for row in rows:
        row["readBy"], row["deletedFor"] = both_lists(found.get(row["id"], {}))
    return found


def with_receipts(rows: list[Wire]) -> list[Wire]:
    """Return messages with both lists of the contract, readBy and deletedFor, in one statement."""
    add_receipts(rows)
    return rows


def receipts_of(message_ids: Collection[str]) -> dict[str, Receipts]:
    """Return message id → its receipts, of those that have any, in one statement."""
    found: dict[str, Receipts] = defaultdict(dict)
    if message_ids:
        for row in fetch(select(Receipt.message_id, Receipt.user_id, Receipt.read_at.is_not(None).label("has_read"),
                                Receipt.hidden_at.is_not(None).label("has_hidden"))
                         .where(Receipt.message_id.in_(message_ids)).order_by(Receipt.message_id, Receipt.user_id)):
            found[row.message_id][row.user_id] = Done(bool(row.has_read), bool(row.has_hidden))
    return found


def both_lists(done: Receipts) -> tuple[list[str], list[str]]:
    """Return the two lists that the contract makes of receipts: readBy and deletedFor."""
    return ([user_id for user_id, one in done.items() if one.has_read],
            [user_id for user_id, one in done.items() if one.has_hidden])


def conversations_of(person: "Person") -> ColumnElement[bool]:
    """Return the condition of the conversations in which a person takes part now: for the export of the person."""
    return Conversation.id.in_(_parts_of(person))


def messages_of(person: "Person") -> ColumnElement[bool]:
    """Return the condition of the messages in those conversations, the others' too, that the person has not deleted."""
    return and_(Message.conversation_id.in_(_parts_of(person)), ~_has_hidden(person.id))


def _parts_of(person: "Person") -> Select[tuple[str]]:
    return select(Participant.conversation_id).where(Participant.user_id == person.id)


def _add_latest(actor: Actor, asked: ReadRequest, rows: list[Wire]) -> None:
    """Add to conversations the newest message that the actor has, in two statements; null where he takes no part."""
    if not asked.joins or not rows:
        return
    me = actor.user_id
    newest = select(Message.id).where(
        Message.conversation_id == Participant.conversation_id, Message.is_active.is_(True),
        is_shown_to_owner(Message, me), ~_has_hidden(me)).order_by(Message.sent_at.desc(), Message.id.desc()).limit(
        1).correlate(Participant).scalar_subquery()
    found = {row.conversation_id: row.newest for row in fetch(select(
        Participant.conversation_id, newest.label("newest")).where(
        Participant.user_id == me, Participant.conversation_id.in_([row["id"] for row in rows])))}
    messages = rows_by_id(Message, found.values(), viewer=Viewer(me))
    for row in rows:
        message = messages.get(found.get(row["id"]) or "")
        row["lastMessage"] = message and {name: message[name] for name in _LATEST_FIELDS}


def _own_part(conversation_id: str, actor: Actor) -> Any:
    """Return the actor's row of a conversation, None where he takes no part."""
    return fetch_one(select(Participant.unread).where(
        Participant.conversation_id == conversation_id, Participant.user_id == actor.user_id))


def _is_in_active_conversation() -> ColumnElement[bool]:
    return exists(select(Conversation.id).where(
        Conversation.id == Message.conversation_id, Conversation.is_active.is_(True)))


def _has_read(user_id: str) -> ColumnElement[bool]:
    return has_receipt(Message.id, user_id, Receipt.read_at)


def _has_hidden(user_id: str | None) -> ColumnElement[bool]:
    return has_receipt(Message.id, user_id, Receipt.hidden_at)
