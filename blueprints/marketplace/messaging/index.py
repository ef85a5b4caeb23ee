"""How messages are read: by their parties, found by what they say."""
from app.data.held import is_free
from app.data.visibility import ReadObject
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import WordedRows
from blueprints.marketplace.messaging.models import Message
from blueprints.marketplace.messaging.queries import MESSAGE_FILTERS
from blueprints.marketplace.messaging.visibility import MESSAGES

WORDS = WordedRows(
    IndexSchema("marketplaceMessages", (
        prose("content"), keyword("fromUserId"), keyword("toUserId"), keyword("senderDeleted"),
        keyword("recipientDeleted"), instant("createdAt"))),
    Message, where=(is_free(Message),), every_login_reads=False, people=("fromUserId", "toUserId"))
READABLE = (ReadObject(MESSAGES, words=("content",), filters=MESSAGE_FILTERS),)
