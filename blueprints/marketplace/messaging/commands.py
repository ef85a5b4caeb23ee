"""The writes of messaging: each keeps the counts of both parties' conversation (rules-marketplace §5.3).

Behind their rows of it, locked in the order of the persons' ids, everything between two people happens in turn."""
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, update

from app.actor import Actor
from app.clock import now
from app.data.moderated_kinds import Decide
from app.data.person_rows import lock_in_order
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire, row_serializer
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.data.version_keys import version_key
from app.errors import NotFound, RuleViolated
from app.identity.access import require_self_or_staff
from blueprints.marketplace.admin_moderation.commands import note_action
from blueprints.marketplace.messaging import queries
from blueprints.marketplace.messaging.models import Conversation, Message
from blueprints.marketplace.messaging.rules import has, has_deleted, is_party, is_unread_by, pair_of
from blueprints.platform.people.commands import refuse_unwritable

Conversations = dict[str, Conversation]


def send_message(actor: Actor, *, to_user_id: str, content: str, id: str | None = None) -> Message:
    """Write to another person; raises NotFound, Forbidden, RuleViolated (WritesToOneself, RecipientUnavailable)."""
    if actor.is_user(to_user_id):
        raise RuleViolated("WritesToOneself", "Nobody can write to themselves")
    sender = str(actor.user_id)
    with unit_of_work(actor) as work:
        refuse_unwritable(work, to_user_id)
        conversations = _lock_conversations(work, sender, to_user_id) or _begin(work, sender, to_user_id)
        moment = now()
        message = work.insert(Message(id=id, from_user_id=sender, to_user_id=to_user_id, content=content, is_read=False,
                                      sent_at=moment, created_at=moment, pair=pair_of(sender, to_user_id),
                                      sender_deleted=False, recipient_deleted=False))
        for user_id, seen in conversations.items():
            work.change(seen, messages=seen.messages + 1, unread=seen.unread + is_unread_by(message, user_id))
            if seen.last_message_id is None or (seen.last_at, seen.last_message_id) < (moment, message.id):
                work.change(seen, last_at=moment, last_message_id=message.id)
        work.commit()
    return message


def read_message(actor: Actor, asked: ReadRequest, message_id: str) -> Wire:
    """Return a message to its parties; who reads a foreign one as staff leaves an entry by it (moderation.md M-22).

    Raises NotFound, Forbidden."""
    row = queries.get_message(actor, asked, message_id)
    if actor.user_id not in (row["fromUserId"], row["toUserId"]):
        _record(actor, row["fromUserId"], "ADMIN_NOTE", f"read message {message_id}")
    return row


def set_message_read(actor: Actor, message_id: str, *, is_read: bool | None = None) -> Message:
    """Mark a message as read or unread: its recipient, or staff, who leave an entry also where nothing changes (M-22).

    Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        message, conversations = _lock_message(work, message_id)
        require_self_or_staff(actor, message.to_user_id)
        done = ("ADMIN_NOTE", f"read message {message_id}")  # the answer shows it
        if is_read is not None and is_read != message.is_read:
            recipient = message.to_user_id
            before = is_unread_by(message, recipient)
            work.change(message, is_read=is_read)
            if seen := conversations.get(recipient):
                work.change(seen, unread=seen.unread + is_unread_by(message, recipient) - before)
            done = ("MANUAL_CORRECTION", f"marked message {message_id} as {'read' if is_read else 'unread'}")
        if not is_party(message, actor.user_id):
            _record(actor, message.from_user_id, *done)
        work.commit()
    return message


def delete_message(actor: Actor, message_id: str) -> Wire:
    """Delete a message for the acting party, the other keeps it; staff who are none delete it for both (§5.3).

    Returns its last state, inactive. Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        message, conversations = _lock_message(work, message_id)
        require_self_or_staff(actor, *conversations)
        foreign = not is_party(message, actor.user_id)
        for user_id in sorted(conversations) if foreign else [str(actor.user_id)]:
            if not has_deleted(message, user_id):
                _delete_for(work, message, conversations[user_id])
        if message.sender_deleted and message.recipient_deleted:
            work.archive(message)
        if foreign:
            _record(actor, message.from_user_id, "SOFT_DELETE", f"deleted message {message_id} for both parties")
        work.flush()
        gone = row_serializer(Message).entity(message) | {"isActive": False}
        work.commit()
    return gone


def leave_conversations(actor: Actor, user_id: str, cause: str | None = None) -> None:
    """Delete for a person who is gone for good every message; those that nobody has any more are removed.

    `cause` is the request that ended him, where no unit of work is open that knows it."""
    sent, received = Message.from_user_id == user_id, Message.to_user_id == user_id
    with unit_of_work(actor, request_id=cause) as work:
        lock_in_order(work, Message, or_(sent, received))
        work.execute(update(Message).where(sent).values(sender_deleted=True))
        work.execute(update(Message).where(received).values(recipient_deleted=True))
        work.execute(delete(Message).where(or_(sent, received), Message.sender_deleted.is_(True),
                                           Message.recipient_deleted.is_(True)))
        work.invalidate(version_key(Message))
        work.commit()


def hold_message(work: UnitOfWork, message_id: str, decide: Decide) -> list[str]:
    """Hold a message, or let it go, and count it no longer, or again, with those who lose or get it (M-1).

    Raises NotFound. Of several in a transaction all are locked before the first is held."""
    if not work.has_locked(Message, message_id):
        lock_messages(work, [message_id])
    message = work.lock(Message, message_id, archived_too=True)
    conversations = {row.user_id: row for row in work.all(_conversations({message.pair}))}
    had = {user_id: (has(message, user_id), is_unread_by(message, user_id)) for user_id in conversations}
    work.change(message, held=decide(message.held).kind)
    if message.is_active:
        for user_id, seen in conversations.items():
            _recount(work, message, seen, *had[user_id])
    return []


def lock_messages(work: UnitOfWork, message_ids: Collection[str]) -> None:
    """Lock messages, deleted too, behind all their conversations; raises NotFound."""
    pairs = {row.pair for row in work.rows(select(Message.pair).where(Message.id.in_(message_ids)))}
    if not pairs:
        raise NotFound
    work.all(_conversations(pairs), lock=True)
    for message_id in sorted(message_ids):
        work.lock(Message, message_id, archived_too=True)


def count_anew(work: UnitOfWork, whose: tuple[str, str]) -> None:
    """Let what a person's conversation with another says be what its messages do, behind both their rows of it."""
    user_id, counterpart_id = whose
    seen = _begin(work, user_id, counterpart_id)[user_id]
    messages = [message for message in work.all(select(Message).where(Message.pair == pair_of(*whose)))
                if has(message, user_id)]
    work.change(seen, messages=len(messages), unread=sum(is_unread_by(message, user_id) for message in messages))
    _point_at_latest(work, pair_of(*whose), seen)


def _conversations(pairs: Collection[str]) -> Select[Conversation]:
    """Return the query for what both of each pair see of their messages, in the order of locks."""
    parties = [pair.split(" ") for pair in pairs]
    return select(Conversation).where(or_(*(
        and_(Conversation.user_id.in_(both), Conversation.counterpart_id.in_(both)) for both in parties))).order_by(
        Conversation.user_id, Conversation.counterpart_id)


def _recount(work: UnitOfWork, message: Message, seen: Conversation, had_it: bool, was_unread: bool) -> None:
    has_it = has(message, seen.user_id)
    if has_it != had_it:
        work.change(seen, messages=seen.messages + has_it - had_it,
                    unread=seen.unread + is_unread_by(message, seen.user_id) - was_unread)
        _point_at_latest(work, message.pair, seen)


def _delete_for(work: UnitOfWork, message: Message, seen: Conversation) -> None:
    had_it, was_unread = has(message, seen.user_id), is_unread_by(message, seen.user_id)
    is_sender = seen.user_id == message.from_user_id
    work.change(message, **{"sender_deleted" if is_sender else "recipient_deleted": True})
    _recount(work, message, seen, had_it, was_unread)


def _point_at_latest(work: UnitOfWork, pair: str, seen: Conversation) -> None:
    """Let a conversation name the latest message its person has; without any it keeps its time, and is not listed."""
    work.flush()
    latest = work.rows(select(Message.id, Message.sent_at).where(
        Message.pair == pair, Message.is_active.is_(True), queries.is_shown_to(seen.user_id))
        .order_by(Message.sent_at.desc(), Message.id.desc()).limit(1))
    found: Any = latest[0] if latest else None
    work.change(seen, last_message_id=found.id if found else None,
                last_at=found.sent_at if found else seen.last_at)


def _lock_message(work: UnitOfWork, message_id: str) -> tuple[Message, Conversations]:
    """Return a message and its parties' conversation, locked; raises NotFound also when the actor has deleted it."""
    message = work.get(Message, message_id)
    conversations = _lock_conversations(work, message.from_user_id, message.to_user_id)
    message = work.lock(Message, message_id)
    me = work.actor.user_id
    if me is not None and is_party(message, me) and has_deleted(message, me):
        raise NotFound
    return message, conversations


def _lock_conversations(work: UnitOfWork, one: str, other: str) -> Conversations:
    """Return user → what that person sees of the messages with the other; empty before the first message."""
    both = (one, other)
    rows = work.all(select(Conversation).where(Conversation.user_id.in_(both), Conversation.counterpart_id.in_(both))
                    .order_by(Conversation.user_id), lock=True)
    return {row.user_id: row for row in rows}


def _begin(work: UnitOfWork, one: str, other: str) -> Conversations:
    """Make the rows of a conversation, unless somebody does at this moment, and return them locked."""
    rows = [{"user_id": user_id, "counterpart_id": counterpart_id, "messages": 0, "unread": 0, "last_at": now(),
             "last_message_id": None} for user_id, counterpart_id in sorted(((one, other), (other, one)))]
    work.execute(upsert(Conversation).values(rows).on_conflict_do_nothing())
    return _lock_conversations(work, one, other)


def _record(actor: Actor, sender_id: str, action_type: str, what: str) -> None:
    """Note what staff did with a foreign message; the record knows no messages, so it stands under their sender."""
    note_action(actor, entity_type="USER", entity_id=sender_id, action_type=action_type, reason=what)
