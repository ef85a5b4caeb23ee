"""URL map of messaging (contract documents 116–120; the list of conversations is ours)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from app.http.rate_limit import spend_one_act
from app.runtime import runtime
from blueprints.marketplace.messaging import commands, queries
from blueprints.marketplace.messaging.models import Message
from blueprints.marketplace.messaging.policies import POLICIES
from blueprints.marketplace.messaging.schemas import MessageChange, NewMessage

api = Routes(POLICIES, {"listConversations": ApiNames(data_name="conversations")})

_ONE = "/v1/messagingmessages/{messagingMessageId}"
_USERS = ("rows:user",)


def _throttled(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Count the message before anything is asked of its recipient (moderation.md M-23)."""
    spend_one_act("Messages", actor, runtime().settings.messages_per_minute)
    return data


@api.create("/v1/messagingmessages", name="createMessagingMessage", body=NewMessage, returns=Message,
            id_name="messagingMessageId", prepare=_throttled)
def create_message(actor: Actor, data: dict[str, Any]) -> Message:
    """Write to another user."""
    return commands.send_message(actor, **data)


@api.get(_ONE, name="getMessagingMessage", returns=Message)
def get_message(actor: Actor, asked: ReadRequest, messaging_message_id: str) -> Wire:
    """Get a message, as its sender or recipient; staff leave an entry in the record by it."""
    return commands.read_message(actor, asked, messaging_message_id)


@api.list("/v1/messagingmessages", name="listMessagingMessages", returns=Message, filters=queries.MESSAGE_FILTERS,
          arguments={"withUserId": "only the conversation with this user"}, depends_on=_USERS)
def list_messages(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's own messages, newest first; staff, too, see only their own."""
    return queries.list_messages(actor, asked)


@api.list("/v1/conversations", name="listConversations", depends_on=(Message, *_USERS),
          extras={"unread": {"type": "integer", "description": "how many messages of all conversations are not read"}})
def list_conversations(actor: Actor, asked: ReadRequest) -> Listing:
    """List with whom the caller has messages: the latest one and how many are unread, the latest first."""
    return queries.list_conversations(actor, asked)


@api.update(_ONE, name="updateMessagingMessage", body=MessageChange, returns=Message)
def update_message(actor: Actor, data: dict[str, Any], messaging_message_id: str) -> Message:
    """Mark a received message as read or unread."""
    return commands.set_message_read(actor, messaging_message_id, **data)


@api.delete(_ONE, name="deleteMessagingMessage", returns=Message)
def delete_message(actor: Actor, data: dict[str, Any], messaging_message_id: str) -> Wire:
    """Delete a message for oneself; staff delete it for both."""
    return commands.delete_message(actor, messaging_message_id)
