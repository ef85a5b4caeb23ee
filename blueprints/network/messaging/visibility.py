"""Who sees conversations and their messages: who takes part (rules-network §4B), and of lists superAdmin no more."""
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select

from app.actor import Actor
from app.data.held import Viewer
from app.data.version_keys import version_key
from app.data.visibility import Visibility, all_of, ids_of_caller, member, no_one, not_
from blueprints.network.messaging.models import Conversation, Message, Participant, Receipt

_PARTS = ("rows:conversation",)


def takes_part(conversation_id: Any, user_id: str | None) -> ColumnElement[bool]:
    """Return the condition that this person takes part in the conversation in this column now."""
    return exists(select(Participant.user_id).where(
        Participant.conversation_id == conversation_id, Participant.user_id == user_id).correlate_except(Participant))


def has_receipt(message_id: Any, user_id: str | None, moment: Any) -> ColumnElement[bool]:
    """Return the condition that this person has done with the message in this column what the moment of a receipt is
    about: has read it, or deleted it."""
    return exists(select(Receipt.user_id).where(
        Receipt.message_id == message_id, Receipt.user_id == user_id, moment.is_not(None)).correlate_except(Receipt))


def _conversations(actor: Actor) -> Select[Any]:
    return select(Participant.conversation_id).where(Participant.user_id == actor.user_id)


def active_conversations(actor: Actor) -> Select[Any]:
    """Return the query of the ids of the active conversations in which the actor takes part."""
    return select(Participant.conversation_id).join(
        Conversation, Conversation.id == Participant.conversation_id).where(
        Participant.user_id == actor.user_id, Conversation.is_active.is_(True))


DELETED = member("id", ids_of_caller(
    "messages that the caller has deleted", lambda actor: select(Receipt.message_id).where(
        Receipt.user_id == actor.user_id, Receipt.hidden_at.is_not(None)),
    depends_on=(version_key(Message),),  # receipts are no data objects: whoever writes one says that messages changed
    condition=lambda actor, message_id: has_receipt(message_id, actor.user_id, Receipt.hidden_at)))
CONVERSATIONS = Visibility(Conversation, member("id", ids_of_caller(
    "conversations in which the caller takes part", _conversations, depends_on=_PARTS,
    condition=lambda actor, id: takes_part(id, actor.user_id))), sees_all=no_one)
MESSAGES = Visibility(Message, all_of(member("conversationId", ids_of_caller(
    "active conversations in which the caller takes part", active_conversations, depends_on=_PARTS)),
    not_(DELETED)), sees_all=no_one, sees_held=lambda actor: Viewer(actor.user_id))
