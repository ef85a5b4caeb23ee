"""URL map of messaging (contract documents 108–117); marking a conversation as read is ours (NET-25)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from app.http.rate_limit import spend_one_act
from app.runtime import runtime
from blueprints.network.messaging import commands, queries, writing
from blueprints.network.messaging.models import Conversation, Message
from blueprints.network.messaging.policies import POLICIES
from blueprints.network.messaging.schemas import (
    ConversationChange,
    ConversationReading,
    MessageChange,
    NewConversation,
    NewMessage,
)
from blueprints.network.sample_functions import sample_functions

api = Routes(POLICIES, {"readConversation": ApiNames("conversation-read")})
api.include(sample_functions("messaging"))

_CONVERSATION, _MESSAGE = "/v1/conversations/{conversationId}", "/v1/messages/{messageId}"


def _throttled(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Count what is written to others, strangers too, before anything is asked of them (NET-25)."""
    spend_one_act("Messages", actor, runtime().settings.messages_per_minute)
    return data


def _throttled_to_add(actor: Actor, data: dict[str, Any], conversation_id: str) -> dict[str, Any]:
    """Count the same where people are added to a group; leaving always works, and is not counted (NET-24)."""
    named = {*data.get("participant_ids", ()), *data.get("participant_ids_append", ())}
    if named and named - set(queries.participants_of(conversation_id)):
        _throttled(actor, data)
    return data


@api.create("/v1/conversations", name="createConversation", body=NewConversation, returns=Conversation,
            id_name="conversationId", prepare=_throttled)
def create_conversation(actor: Actor, data: dict[str, Any]) -> Conversation:
    """Begin a conversation with another person, or a group."""
    return commands.create_conversation(actor, **data)


@api.create("/v1/messages", name="createMessage", body=NewMessage, returns=Message, id_name="messageId",
            prepare=_throttled)
def create_message(actor: Actor, data: dict[str, Any]) -> Wire:
    """Write into a conversation in which the caller takes part."""
    return writing.send_message(actor, **data)


@api.delete(_CONVERSATION, name="deleteConversation", returns=Conversation)
def delete_conversation(actor: Actor, data: dict[str, Any], conversation_id: str) -> Conversation:
    """Delete a conversation for everybody: either of two people, or the creator of a group."""
    return commands.delete_conversation(actor, conversation_id)


@api.delete(_MESSAGE, name="deleteMessage", returns=Message)
def delete_message(actor: Actor, data: dict[str, Any], message_id: str) -> Wire:
    """Delete a message, as its sender for everybody, else for oneself."""
    return writing.delete_message(actor, message_id)


@api.get(_CONVERSATION, name="getConversation", returns=Conversation)
def get_conversation(actor: Actor, asked: ReadRequest, conversation_id: str) -> Wire:
    """Get a conversation of the caller."""
    return queries.get_conversation(actor, asked, conversation_id)


@api.get(_MESSAGE, name="getMessage", returns=Message)
def get_message(actor: Actor, asked: ReadRequest, message_id: str) -> Wire:
    """Get a message of a conversation of the caller."""
    return writing.read_message(actor, message_id)


@api.list("/v1/conversations", name="listConversations", returns=Conversation, filters=queries.CONVERSATION_FILTERS,
          depends_on=(Message,))
def list_conversations(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's conversations, the one with the newest message first."""
    return queries.list_conversations(actor, asked)


@api.list("/v1/messages", name="listMessages", returns=Message, filters=queries.MESSAGE_FILTERS,
          depends_on=(Conversation,))
def list_messages(actor: Actor, asked: ReadRequest) -> Listing:
    """List the messages of the caller's conversations, the oldest first; staff, too, see only their own."""
    return queries.list_messages(actor, asked)


@api.update("/v1/readconversation/{conversationId}", name="readConversation", body=ConversationReading,
            returns=Conversation)
def read_conversation(actor: Actor, data: dict[str, Any], conversation_id: str) -> Wire:
    """Mark as read whatever is unread in a conversation up to a message."""
    return commands.read_conversation(actor, conversation_id, **data)


@api.update(_CONVERSATION, name="updateConversation", body=ConversationChange, returns=Conversation,
            prepare=_throttled_to_add)
def update_conversation(actor: Actor, data: dict[str, Any], conversation_id: str) -> Conversation:
    """Add people to a group, remove them as its creator, or leave it."""
    return commands.change_conversation(actor, conversation_id, **data)


@api.update(_MESSAGE, name="updateMessage", body=MessageChange, returns=Message)
def update_message(actor: Actor, data: dict[str, Any], message_id: str) -> Wire:
    """Change the words of an own message, or mark a message as read, unread or deleted for oneself."""
    return writing.change_message(actor, message_id, **data)
