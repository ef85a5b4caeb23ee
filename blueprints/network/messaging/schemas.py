"""What clients send to messaging, field by field (rules-network §4B).

Times and receipts of a new message are the server's, and the sender is the caller (G1, NET-13)."""
from app.http.schemas import (
    FILLED_IN,
    NOT_READ,
    Flag,
    Identifier,
    InputSchema,
    Instant,
    ListOf,
    Text,
    WebAddress,
    list_changes,
)
from blueprints.network.messaging.rules import LONGEST_CONTENT, MOST_ATTACHMENTS, MOST_PARTICIPANTS, MOST_RECEIPTS


class NewConversation(InputSchema):
    """Body of createConversation."""

    is_group = Flag(metadata=FILLED_IN | {"description": "false where it is left out"})
    participant_ids = ListOf(Identifier(), most=MOST_PARTICIPANTS, required=True)
    last_message_at = Instant(metadata=NOT_READ)


class ConversationChange(InputSchema):
    """Body of updateConversation: who takes part in a group."""

    is_group = Flag()
    participant_ids, participant_ids_append, participant_ids_remove = list_changes(
        "participantIds", Identifier, most=MOST_PARTICIPANTS)
    last_message_at = Instant(metadata=NOT_READ)


class ConversationReading(InputSchema):
    """Body of readConversation: the last message that was read."""

    message_id = Identifier(required=True)


class NewMessage(InputSchema):
    """Body of createMessage."""

    content = Text(most=LONGEST_CONTENT, required=True)
    sender_user_id = Identifier(metadata=FILLED_IN | {"description": "the caller"})
    conversation_id = Identifier(required=True)
    attachment_urls = ListOf(WebAddress(), most=MOST_ATTACHMENTS)
    deleted_for = ListOf(Identifier(), most=MOST_RECEIPTS, metadata=NOT_READ)
    read_by = ListOf(Identifier(), most=MOST_RECEIPTS, metadata=NOT_READ)
    sent_at = Instant(metadata=NOT_READ)


class MessageChange(InputSchema):
    """Body of updateMessage: the words, by their sender; the caller's own receipts (NET-25)."""

    content = Text(most=LONGEST_CONTENT)
    deleted_for, deleted_for_append, deleted_for_remove = list_changes("deletedFor", Identifier, most=MOST_RECEIPTS)
    read_by, read_by_append, read_by_remove = list_changes("readBy", Identifier, most=MOST_RECEIPTS)
