"""The writes of conversations: who begins one, joins, leaves and ends it (rules-network §4B, NET-23, NET-24).

Accounts come first, then the conversation, by the order of locks; behind its lock everything in it happens in turn."""
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from app.actor import Actor
from app.clock import now
from app.data.list_values import merged_list
from app.data.reads import fetch
from app.data.serialization import Wire, row_serializer
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.version_keys import version_key
from app.errors import DuplicateRecord, Forbidden, NotFound, RuleViolated
from app.identity.access import require
from blueprints.network.messaging import counting
from blueprints.network.messaging.models import Conversation, Message, Participant, Receipt
from blueprints.network.messaging.rules import MOST_PARTICIPANTS, next_moment, people_key, why_unfit
from blueprints.network.messaging.topics import CONVERSATION_ERASED
from blueprints.platform.people.commands import unwritable_among
from blueprints.platform.people.queries import standings_of


def create_conversation(actor: Actor, *, participant_ids: Collection[str], is_group: bool = False,
                        id: str | None = None) -> Conversation:
    """Begin a conversation of two, or of a group.

    Raises RuleViolated (who cannot be together), NotFound (nobody has such an id), Forbidden (AccountInactive,
    RecipientUnavailable), DuplicateRecord (ConversationExists; of groups the database does not decide it: NET-23)."""
    me, people = str(actor.user_id), sorted(set(participant_ids))
    if wrong := why_unfit(people, me, is_group=is_group):
        raise RuleViolated(*wrong)
    with unit_of_work(actor) as work:
        refuse_unwritable(work, me, set(people) - {me})
        key, moment = people_key(people), now()
        if is_group and work.find(Conversation, Conversation.people_key == key, Conversation.is_group.is_(True),
                                  Conversation.is_active.is_(True)):
            raise DuplicateRecord("ConversationExists", "These people have a group already")
        conversation = work.insert(Conversation(
            id=id, is_group=is_group, participant_ids=people, creator_user_id=me, people_key=key, last_moment=moment))
        work.flush()
        counting.let_in(work, conversation, people, moment)
        work.commit()
    return conversation


def change_conversation(actor: Actor, conversation_id: str, *, is_group: bool = True, **values: Any) -> Conversation:
    """Change who takes part in a group: anybody adds people and leaves, its creator removes others (NET-24).

    The last who leaves ends it. Raises NotFound, Forbidden (no participant, not the creator, RecipientUnavailable),
    RuleViolated (NotAGroup, StaysAGroup, TooFewParticipants, TooManyValues)."""
    me = str(actor.user_id)
    with unit_of_work(actor) as work:
        require_participant(actor, found := work.get(Conversation, conversation_id))
        if not found.is_group:
            raise RuleViolated("NotAGroup", "Nobody joins or leaves a conversation of two")
        if not is_group:
            raise RuleViolated("StaysAGroup", "A group stays a group")
        named = {*values.get("participant_ids", ()), *values.get("participant_ids_append", ())} - {me}
        unwritable = unwritable_among(work, me, named) if named else frozenset()
        conversation = work.lock(Conversation, conversation_id)
        require_participant(actor, conversation)
        former = set(conversation.participant_ids)
        wanted = set(merged_list(values, "participant_ids", conversation.participant_ids,
                                 most=MOST_PARTICIPANTS).get("participant_ids", former))
        if former - wanted - {me}:
            require(actor.is_super_admin or actor.is_user(conversation.creator_user_id), "errMsg_OnlyCreatorRemoves")
            if len(wanted) < 2:
                raise RuleViolated("TooFewParticipants", "At least two participants stay in a group")
        if unwritable & (wanted - former):
            raise _unavailable()
        _set_people(work, conversation, wanted)
        work.commit()
    return conversation


def delete_conversation(actor: Actor, conversation_id: str) -> Conversation:
    """End a conversation for everybody: either of two, or the creator of a group; raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        conversation = work.lock(Conversation, conversation_id)
        require_participant(actor, conversation)
        require(actor.is_super_admin or not conversation.is_group or actor.is_user(conversation.creator_user_id),
                "errMsg_OnlyCreatorDeletes")
        work.archive(conversation)
        work.invalidate(version_key(Message))
        work.commit()
    return conversation


def read_conversation(actor: Actor, conversation_id: str, *, message_id: str) -> Wire:
    """Mark as read whatever is unread up to a message; returns the conversation with what is still unread.

    Raises NotFound, Forbidden (no participant)."""
    me = str(actor.user_id)
    with unit_of_work(actor) as work:
        conversation = work.lock(Conversation, conversation_id)
        require(me in conversation.participant_ids)
        message = work.get(Message, message_id)
        if message.conversation_id != conversation_id:
            raise NotFound
        unread = counting.read_until(work, conversation, me, message.sent_at)
        work.commit()
    return row_serializer(Conversation).entity(conversation) | {"unreadCount": unread}


def require_participant(actor: Actor, conversation: Conversation) -> None:
    """Raise Forbidden unless the actor takes part; superAdmin passes."""
    require(actor.is_super_admin or actor.user_id in conversation.participant_ids)


def refuse_unwritable(work: UnitOfWork, sender_id: str, recipient_ids: Collection[str]) -> None:
    """Refuse what somebody writes, or begins, to people of whom one cannot be written to now; all accounts stay so.

    One sentence for a block and for a suspension (NET-7). Raises NotFound (nobody has such an id), Forbidden
    (AccountInactive, RecipientUnavailable)."""
    if unwritable_among(work, sender_id, recipient_ids):
        raise _unavailable()


def leave_groups(actor: Actor, user_id: str, cause: str | None = None) -> None:
    """Take a person who is gone for good out of each group in which others are, a group in a transaction.

    Who has been there longest inherits what he created (NET-24); a group of nobody else stays until the purge."""
    for conversation_id in _conversations_of(user_id, Conversation.is_group.is_(True)):
        with unit_of_work(actor, request_id=cause) as work:
            conversation = work.lock(Conversation, conversation_id, archived_too=True)
            others = set(conversation.participant_ids) - {user_id}
            if others:
                _set_people(work, conversation, others)
            work.commit()


def leave_conversations(actor: Actor, user_id: str, cause: str | None = None) -> None:
    """Take a purged person out of each group, and remove the conversations that nobody has any more, of two and of
    groups; what others still have stays whole, also for whom staff deleted and may restore. A conversation in a
    transaction."""
    leave_groups(actor, user_id, cause)
    for conversation_id in _conversations_of(user_id):
        with unit_of_work(actor, request_id=cause) as work:
            conversation = work.lock(Conversation, conversation_id, archived_too=True)
            others = set(conversation.participant_ids) - {user_id}
            if not (others and standings_of(actor.realm, others)):
                _remove(work, conversation)
            work.commit()


def _conversations_of(user_id: str, *where: ColumnElement[bool]) -> list[str]:
    return [row.conversation_id for row in fetch(select(Participant.conversation_id).join(
        Conversation, Conversation.id == Participant.conversation_id).where(Participant.user_id == user_id, *where))]


def _set_people(work: UnitOfWork, conversation: Conversation, wanted: set[str]) -> None:
    """Let exactly these people take part in the locked group; the last who leaves ends it."""
    former = set(conversation.participant_ids)
    if wanted == former:
        return
    moment = next_moment(now(), conversation.last_moment)
    counting.let_out(work, conversation, former - wanted)
    counting.let_in(work, conversation, wanted - former, moment)
    work.change(conversation, participant_ids=sorted(wanted), people_key=people_key(wanted), last_moment=moment)
    if conversation.creator_user_id not in wanted:
        heir = counting.longest_there(work, conversation)
        work.change(conversation, creator_user_id=heir or conversation.creator_user_id)
    if not wanted:
        work.archive(conversation)
    work.invalidate(version_key(Message))


def _remove(work: UnitOfWork, conversation: Conversation) -> None:
    messages = select(Message.id).where(Message.conversation_id == conversation.id)
    work.execute(delete(Receipt).where(Receipt.message_id.in_(messages)))
    work.execute(delete(Message).where(Message.conversation_id == conversation.id))
    work.execute(delete(Participant).where(Participant.conversation_id == conversation.id))
    work.execute(delete(Conversation).where(Conversation.id == conversation.id))
    work.invalidate(version_key(Conversation), version_key(Message))
    work.emit(CONVERSATION_ERASED, conversation.id, {"id": conversation.id})


def _unavailable() -> Forbidden:
    return Forbidden("This person cannot be written to at present", "RecipientUnavailable")
