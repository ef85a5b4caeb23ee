"""Participants, receipts and unread counts, kept in the transaction of whatever changes them (decision 35, NET-25).

Unread is a message that is active and not held, came since the person joined, from somebody else, and which that person
has neither read nor deleted for himself. All of it is called behind the conversation's lock."""
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, case, delete, exists, func, insert, literal, select, update

from app.clock import now
from app.data.held import is_free
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.data.upserts import prepared_upsert, upsert
from app.data.version_keys import version_key
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.network.messaging.models import Conversation, Message, Participant, Receipt
from blueprints.network.messaging.rules import NO_MESSAGE_YET, behind

_BATCH = 500


def let_in(work: UnitOfWork, conversation: Conversation, user_ids: Iterable[str], moment: datetime) -> None:
    """Make these people participants: they see all that was written, and none of it is unread (NET-24)."""
    rows = [{"conversation_id": conversation.id, "user_id": user_id, "joined_at": moment, "unread": 0,
             "unread_since": moment, "last_at": conversation.last_message_at or NO_MESSAGE_YET}
            for user_id in sorted(user_ids)]
    if rows:
        work.execute(insert(Participant), rows)


def let_out(work: UnitOfWork, conversation: Conversation, user_ids: Collection[str]) -> None:
    """Let these people take part no more; their receipts stay beside the messages."""
    work.execute(delete(Participant).where(Participant.conversation_id == conversation.id,
                                           Participant.user_id.in_(user_ids)))


def longest_there(work: UnitOfWork, conversation: Conversation) -> str | None:
    """Return who has taken part longest, None where nobody is left."""
    rows = work.rows(select(Participant.user_id).where(Participant.conversation_id == conversation.id)
                     .order_by(Participant.joined_at, Participant.user_id).limit(1))
    return rows[0].user_id if rows else None


def count_sent(work: UnitOfWork, message: Message) -> None:
    """Count a new message: unread for all but its sender, who has read it."""
    put_receipt(work, message.id, message.sender_user_id, read_at=message.sent_at, hidden_at=None)
    work.execute(update(Participant).where(Participant.conversation_id == message.conversation_id).values(
        last_at=message.sent_at,
        unread=Participant.unread + case((Participant.user_id == message.sender_user_id, 0), else_=1)))


@contextmanager
def recounted(work: UnitOfWork, message: Message) -> Iterator[None]:
    """Keep the unread counts true while the block changes a locked message or its receipts."""
    before = _unread_by(work, message)
    yield
    work.flush()
    after = _unread_by(work, message)
    _add(work, message, before - after, -1)
    _add(work, message, after - before, 1)
    work.invalidate(version_key(Message))  # receipts are no data objects, yet lists show them


def put_receipt(work: UnitOfWork, message_id: str, user_id: str, *, read_at: datetime | None,
                hidden_at: datetime | None) -> None:
    """Write what one person has done with a message, in place of what stood there."""
    work.execute(prepared_upsert(Receipt, _in_place), {
        "message_id": message_id, "user_id": user_id, "read_at": read_at, "hidden_at": hidden_at})


def _in_place(new: Any) -> Any:
    return new.on_conflict_do_update(index_elements=("message_id", "user_id"), set_={
        "read_at": new.excluded.read_at, "hidden_at": new.excluded.hidden_at})


def read_until(work: UnitOfWork, conversation: Conversation, user_id: str, until: datetime) -> int:
    """Let a participant have read everything until a moment; returns how many messages are still unread.

    The older ones, of which none is unread, are not looked through."""
    mine = (Participant.conversation_id == conversation.id, Participant.user_id == user_id)
    found = work.rows(select(Participant.unread, Participant.unread_since).where(*mine))[0]
    if not found.unread or found.unread_since > until:
        return int(found.unread)
    read = select(Message.id, literal(user_id), literal(now(), Receipt.read_at.type)).where(
        Message.conversation_id == conversation.id, Message.sent_at.between(found.unread_since, until),
        Message.is_active.is_(True), is_free(Message), Message.sender_user_id != user_id, ~_has_done_with(user_id))
    new = upsert(Receipt).from_select(["message_id", "user_id", "read_at"], read)
    done = len(work.execute(new.on_conflict_do_update(
        index_elements=(Receipt.message_id, Receipt.user_id), set_={"read_at": new.excluded.read_at})
        .returning(Receipt.message_id)).all())
    work.execute(update(Participant).where(*mine).values(
        unread=Participant.unread - done, unread_since=behind(until)))
    work.invalidate(version_key(Message))
    return int(found.unread) - done


def differences(limit: int) -> list[str]:
    """Return where unread counts and a recount differ, one sentence each, at most `limit`; it reads every message."""
    return [f"{row.user_id} in conversation {row.conversation_id}: {row.unread} unread, a recount says {row.found}"
            for row in _miscounted(limit)]


def mend_unread(operator: str) -> int:
    """Count the unread messages anew of the participants whose counts differ; returns how many."""
    return mend_each("network", operator, "unread messages of a participant", [
        (row.conversation_id, row.user_id) for row in _miscounted(MOST_MENDED)], _count_anew)


def _count_anew(work: UnitOfWork, whose: tuple[str, str]) -> None:
    """Unread may be anything since the person joined: `unread_since` goes back to that moment."""
    conversation_id, user_id = whose
    work.lock(Conversation, conversation_id, archived_too=True)
    work.execute(update(Participant).where(
        Participant.conversation_id == conversation_id, Participant.user_id == user_id)
        .values(unread=_recount(), unread_since=Participant.joined_at).execution_options(synchronize_session=False))


def _recount() -> ScalarSelect[int]:
    return select(func.count()).select_from(Message).where(
        Message.conversation_id == Participant.conversation_id, Message.is_active.is_(True), is_free(Message),
        Message.sent_at >= Participant.joined_at, Message.sender_user_id != Participant.user_id,
        ~_has_done_with(Participant.user_id)).correlate(Participant).scalar_subquery()


def _miscounted(limit: int) -> Sequence[Row[Any]]:
    recount = _recount()
    return fetch(select(Participant.conversation_id, Participant.user_id, Participant.unread, recount.label("found"))
                 .where(Participant.unread != recount)
                 .order_by(Participant.conversation_id, Participant.user_id).limit(limit))


def misnamed(limit: int) -> list[str]:
    """Return where a conversation names other people than take part in it, one sentence each, at most `limit`."""
    wrong: list[str] = []
    after = ""
    while len(wrong) < limit:
        rows = fetch(select(Conversation.id, Conversation.participant_ids).where(Conversation.id > after)
                     .order_by(Conversation.id).limit(_BATCH))
        if not rows:
            break
        after = rows[-1].id
        there: dict[str, set[str]] = {row.id: set() for row in rows}
        for one in fetch(select(Participant.conversation_id, Participant.user_id)
                         .where(Participant.conversation_id.in_(there))):
            there[one.conversation_id].add(one.user_id)
        wrong += [f"conversation {row.id} names others than take part" for row in rows
                  if there[row.id] != set(row.participant_ids)]
    return wrong[:limit]


def check_conversations() -> tuple[str, str]:
    """Return what `flask doctor` says of the conversations: ok or fail, and a sentence."""
    return agreement([*differences(MOST_NAMED + 1), *misnamed(MOST_NAMED + 1)],
                     "each names who takes part, and the unread counts equal a recount")


def _unread_by(work: UnitOfWork, message: Message) -> set[str]:
    """Return for whom the message counts as unread now."""
    if not message.is_active or message.held is not None:
        return set()
    has_done = exists(select(Receipt.user_id).where(
        Receipt.message_id == message.id, Receipt.user_id == Participant.user_id, _is_done()))
    return {row.user_id for row in work.rows(select(Participant.user_id).where(
        Participant.conversation_id == message.conversation_id, Participant.user_id != message.sender_user_id,
        Participant.joined_at <= message.sent_at, ~has_done))}


def _add(work: UnitOfWork, message: Message, user_ids: Collection[str], by: int) -> None:
    if user_ids:
        since = case((Participant.unread_since > message.sent_at, literal(message.sent_at, Participant.joined_at.type)),
                     else_=Participant.unread_since) if by > 0 else Participant.unread_since
        work.execute(update(Participant).where(
            Participant.conversation_id == message.conversation_id, Participant.user_id.in_(user_ids))
            .values(unread=Participant.unread + by, unread_since=since))


def _has_done_with(user_id: object) -> ColumnElement[bool]:
    """Return the condition that this person has read the message of the query, or deleted it for himself."""
    return exists(select(Receipt.user_id).where(
        Receipt.message_id == Message.id, Receipt.user_id == user_id, _is_done()).correlate(Message, Participant))


def _is_done() -> ColumnElement[bool]:
    return Receipt.read_at.is_not(None) | Receipt.hidden_at.is_not(None)
