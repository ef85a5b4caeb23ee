"""URL map of messaging (contract documents 108–117); marking a conversation as read is ours (NET-25)."""
from typing import Any

from app.actor import Actor
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


api.create("/v1/conversations", commands.create_conversation, "Begin a conversation with another person, or a group.",
           name="createConversation", body=NewConversation, returns=Conversation, id_name="conversationId",
           prepare=_throttled)
api.create("/v1/messages", writing.send_message, "Write into a conversation in which the caller takes part.",
           name="createMessage", body=NewMessage, returns=Message, id_name="messageId", prepare=_throttled)
api.delete(_CONVERSATION, commands.delete_conversation,
           "Delete a conversation for everybody: either of two people, or the creator of a group.",
           name="deleteConversation", returns=Conversation)
api.delete(_MESSAGE, writing.delete_message, "Delete a message, as its sender for everybody, else for oneself.",
           name="deleteMessage", returns=Message)


@api.get(_CONVERSATION, name="getConversation", returns=Conversation)
def get_conversation(actor: Actor, asked: ReadRequest, conversation_id: str) -> Wire:
    """Get a conversation of the caller."""
    return queries.get_conversation(actor, asked, conversation_id)


api.get(_MESSAGE, writing.read_message, "Get a message of a conversation of the caller.",
        name="getMessage", returns=Message)
api.list("/v1/conversations", queries.list_conversations,
         "List the caller's conversations, the one with the newest message first.",
         name="listConversations", returns=Conversation, filters=queries.CONVERSATION_FILTERS, depends_on=(Message,))
api.list("/v1/messages", queries.list_messages,
         "List the messages of the caller's conversations, the oldest first; staff, too, see only their own.",
         name="listMessages", returns=Message, filters=queries.MESSAGE_FILTERS, depends_on=(Conversation,))
api.update("/v1/readconversation/{conversationId}", commands.read_conversation,
           "Mark as read whatever is unread in a conversation up to a message.",
           name="readConversation", body=ConversationReading, returns=Conversation)
api.update(_CONVERSATION, commands.change_conversation,
           "Add people to a group, remove them as its creator, or leave it.",
           name="updateConversation", body=ConversationChange, returns=Conversation, prepare=_throttled_to_add)
api.update(_MESSAGE, writing.change_message,
           "Change the words of an own message, or mark a message as read, unread or deleted for oneself.",
           name="updateMessage", body=MessageChange, returns=Message)
