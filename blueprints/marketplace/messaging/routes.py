"""URL map of messaging (contract documents 116–120; the list of conversations is ours)."""
from typing import Any

from app.actor import Actor
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


api.create("/v1/messagingmessages", commands.send_message, "Write to another user.",
           name="createMessagingMessage", body=NewMessage, returns=Message, id_name="messagingMessageId",
           prepare=_throttled)


@api.get(_ONE, name="getMessagingMessage", returns=Message)
def get_message(actor: Actor, asked: ReadRequest, messaging_message_id: str) -> Wire:
    """Get a message, as its sender or recipient; staff leave an entry in the record by it."""
    return commands.read_message(actor, asked, messaging_message_id)


api.list("/v1/messagingmessages", queries.list_messages,
         "List the caller's own messages, newest first; staff, too, see only their own.",
         name="listMessagingMessages", returns=Message, filters=queries.MESSAGE_FILTERS,
         arguments={"withUserId": "only the conversation with this user"}, depends_on=_USERS)
api.list("/v1/conversations", queries.list_conversations,
         "List with whom the caller has messages: the latest one and how many are unread, the latest first.",
         name="listConversations", depends_on=(Message, *_USERS),
         extras={"unread": {"type": "integer", "description": "how many messages of all conversations are not read"}})
api.update(_ONE, commands.set_message_read, "Mark a received message as read or unread.",
           name="updateMessagingMessage", body=MessageChange, returns=Message)
api.delete(_ONE, commands.delete_message, "Delete a message for oneself; staff delete it for both.",
           name="deleteMessagingMessage", returns=Message)
