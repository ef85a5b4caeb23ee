"""The writes of messages: sent, edited, read, deleted for oneself or for all, and held (rules-network §4B, NET-25)."""
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.list_values import merged_list
from app.data.moderated_kinds import Decide
from app.data.serialization import Wire, row_serializer
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import Forbidden, NotFound
from app.identity.access import acting_user, require, require_self
from blueprints.network.messaging import queries
from blueprints.network.messaging.commands import refuse_unwritable, require_participant
from blueprints.network.messaging.counting import count_sent, put_receipt, recounted
from blueprints.network.messaging.models import Conversation, Message
from blueprints.network.messaging.rules import MOST_RECEIPTS, foreign_receipts, next_moment
from blueprints.platform.moderation.record import record_reading


def send_message(actor: Actor, *, conversation_id: str, content: str, sender_user_id: str | None = None,
                 attachment_urls: Sequence[str] = (), id: str | None = None) -> Wire:
    """Write into a conversation; its sender has read it.

    Raises NotFound, Forbidden (no participant, another's name, AccountInactive; RecipientUnavailable in a conversation
    of two)."""
    sender = acting_user(actor, sender_user_id)
    with unit_of_work(actor) as work:
        _refuse_unwritable(work, work.get(Conversation, conversation_id), sender)
        conversation = work.lock(Conversation, conversation_id)
        require(sender in conversation.participant_ids)
        moment = next_moment(now(), conversation.last_moment)
        message = work.insert(Message(
            id=id, content=content, sender_user_id=sender, conversation_id=conversation_id, sent_at=moment,
            attachment_urls=list(attachment_urls)))
        work.change(conversation, last_message_at=moment, last_moment=moment)
        work.flush()
        count_sent(work, message)
        work.commit()
    return _shown(message, {sender: queries.Done(has_read=True, has_hidden=False)})


def read_message(actor: Actor, message_id: str) -> Wire:
    """Return a message to who takes part; a superAdmin who reads a foreign one leaves an entry by it (NET-31).

    Raises NotFound, Forbidden."""
    row = queries.get_message(actor, message_id)
    record_reading(actor, message_id, row["senderUserId"], queries.participants_of(row["conversationId"]))
    return row


def change_message(actor: Actor, message_id: str, *, content: str | None = None, **receipts: Any) -> Wire:
    """Change the words, as their sender, or the actor's own receipts, whole, `_append` or `_remove`.

    Raises NotFound, Forbidden (no participant, another's words or receipts, RecipientUnavailable)."""
    me = str(actor.user_id)
    with unit_of_work(actor) as work:
        found = work.get(Message, message_id)
        conversation = work.get(Conversation, found.conversation_id)
        require_participant(actor, conversation)
        if content is not None:
            require_self(actor, found.sender_user_id)
            _refuse_unwritable(work, conversation, found.sender_user_id)
        conversation, message = _lock_message(work, message_id)
        done = queries.receipts_of([message_id]).get(message_id, {})
        mine = _own_receipt(receipts, done, me)
        require(mine == done.get(me, queries.NOTHING_DONE) or me in conversation.participant_ids)
        if mine != done.get(me, queries.NOTHING_DONE):
            moment = now()
            with recounted(work, message):
                put_receipt(work, message_id, me, read_at=moment if mine.has_read else None,
                            hidden_at=moment if mine.has_hidden else None)
            done = done | {me: mine}
        if content is not None:
            work.change(message, content=content)
        work.flush()
        record_reading(actor, message_id, message.sender_user_id, conversation.participant_ids)
        work.commit()
    return _shown(message, done)


def delete_message(actor: Actor, message_id: str) -> Wire:
    """Delete a message: its sender for all, another participant for himself; superAdmin for all.

    Returns its last state. Raises NotFound (also of one the actor has deleted already), Forbidden."""
    me = str(actor.user_id)
    with unit_of_work(actor) as work:
        conversation, message = _lock_message(work, message_id)
        done = queries.receipts_of([message_id]).get(message_id, {})
        mine = done.get(me, queries.NOTHING_DONE)
        is_there = me in conversation.participant_ids
        if is_there and mine.has_hidden:
            raise NotFound
        with recounted(work, message):
            if is_there and me != message.sender_user_id:
                put_receipt(work, message_id, me, read_at=now() if mine.has_read else None, hidden_at=now())
                done = done | {me: queries.Done(mine.has_read, has_hidden=True)}
            else:
                work.archive(message)
        record_reading(actor, message_id, message.sender_user_id, conversation.participant_ids)
        work.commit()
    return _shown(message, done)


def hold_message(work: UnitOfWork, message_id: str, decide: Decide) -> list[str]:
    """Hold a message, or let it go: what is held is unread for nobody. Raises NotFound.

    Of several in a transaction all are locked before the first is held."""
    if not work.has_locked(Message, message_id):
        lock_messages(work, [message_id])
    message = work.lock(Message, message_id, archived_too=True)
    with recounted(work, message):
        work.change(message, held=decide(message.held).kind)
    return []


def lock_messages(work: UnitOfWork, message_ids: Collection[str]) -> None:
    """Lock messages, deleted too, behind all their conversations; raises NotFound."""
    conversations = {row.conversation_id for row in work.rows(
        select(Message.conversation_id).where(Message.id.in_(message_ids)))}
    for conversation_id in sorted(conversations):
        work.lock(Conversation, conversation_id, archived_too=True)
    for message_id in sorted(message_ids):
        work.lock(Message, message_id, archived_too=True)


def _lock_message(work: UnitOfWork, message_id: str) -> tuple[Conversation, Message]:
    """Return a message of a conversation in which the actor takes part, both locked; raises NotFound, Forbidden."""
    conversation = work.lock(Conversation, work.get(Message, message_id).conversation_id)
    require_participant(work.actor, conversation)
    return conversation, work.lock(Message, message_id)


def _refuse_unwritable(work: UnitOfWork, conversation: Conversation, sender: str) -> None:
    """Refuse somebody who does not take part, or, in a conversation of two, cannot write to the other now.

    In groups people who block each other still meet (NET-7)."""
    require(sender in conversation.participant_ids)
    others = set() if conversation.is_group else set(conversation.participant_ids) - {sender}
    refuse_unwritable(work, sender, others)


def _own_receipt(receipts: dict[str, Any], done: queries.Receipts, me: str) -> queries.Done:
    """Return what the actor's own receipt becomes; raises Forbidden where another's would come or go (NET-25)."""
    said = []
    for name, former in zip(("read_by", "deleted_for"), queries.both_lists(done), strict=True):
        wanted = merged_list(receipts, name, former, most=MOST_RECEIPTS).get(name, former)
        if foreign_receipts(former, wanted, me):
            raise Forbidden("errMsg_OnlyOwnReceipts", "ForeignReceipt")
        said.append(me in wanted)
    return queries.Done(*said)


def _shown(message: Message, done: queries.Receipts) -> Wire:
    read_by, deleted_for = queries.both_lists(done)
    return row_serializer(Message).entity(message) | {"readBy": read_by, "deletedFor": deleted_for}
