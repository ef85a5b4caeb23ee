"""How messages are read: by their parties, found by what they say."""
from app.data.visibility import ReadObject
from blueprints.marketplace.messaging.queries import MESSAGE_FILTERS
from blueprints.marketplace.messaging.visibility import MESSAGES

READABLE = (ReadObject(MESSAGES, words=("content",), filters=MESSAGE_FILTERS),)
