"""How conversations and messages are read: by who takes part."""
from app.data.held import is_free
from app.data.visibility import NOBODY, ReadObject
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import WordedRows
from blueprints.network.messaging.models import Message
from blueprints.network.messaging.queries import CONVERSATION_FILTERS, MESSAGE_FILTERS, with_own_part, with_receipts
from blueprints.network.messaging.visibility import CONVERSATIONS, DELETED, MESSAGES

# SQL leaves out what one has deleted for oneself: the index would have to be given the id of each such message.
WORDS = WordedRows(
    IndexSchema("networkMessages", (prose("content"), keyword("conversationId"), instant("createdAt"))),
    Message, where=(is_free(Message),), every_login_reads=False, means={DELETED: NOBODY})
READABLE = (
    ReadObject(CONVERSATIONS, facets=("isGroup",), filters=CONVERSATION_FILTERS, completed=with_own_part,
               adds=("unreadCount", "latestMessage")),
    ReadObject(MESSAGES, words=("content",), searched=("content", "senderUserId", "conversationId", "sentAt"),
               filters=MESSAGE_FILTERS, completed=lambda actor, asked, rows: with_receipts(rows)),
)
