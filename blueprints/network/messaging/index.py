"""How conversations and messages are read: by who takes part."""
from app.data.visibility import ReadObject
from blueprints.network.messaging.queries import CONVERSATION_FILTERS, MESSAGE_FILTERS, with_own_part, with_receipts
from blueprints.network.messaging.visibility import CONVERSATIONS, MESSAGES

READABLE = (
    ReadObject(CONVERSATIONS, facets=("isGroup",), filters=CONVERSATION_FILTERS, completed=with_own_part,
               adds=("unreadCount", "latestMessage")),
    ReadObject(MESSAGES, words=("content",), searched=("content", "senderUserId", "conversationId", "sentAt"),
               filters=MESSAGE_FILTERS, completed=lambda actor, asked, rows: with_receipts(rows)),
)
