"""The tables of messaging (rules-marketplace §5.1), and what each person sees of a conversation."""
from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, boolean, identifier, instant, string, text
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.short_ids import short_id_index


class Message(Holdable, Entity):
    """One message; `pair` is both ids in order. Each party deletes it for itself; it is gone when both have.

    A message that is HIDDEN is its sender's alone, one that is REMOVED nobody's."""

    __tablename__ = "messaging_message"
    __service__ = "messaging"
    __object__ = "messagingMessage"
    __realm__ = "marketplace"
    __lock_rank__ = 145

    from_user_id: Mapped[str] = identifier(required=True)
    to_user_id: Mapped[str] = identifier(required=True)
    content: Mapped[str] = text(required=True)
    is_read: Mapped[bool] = boolean(default=False)
    sent_at: Mapped[datetime] = instant(required=True)

    pair: Mapped[str] = string(73, required=True, hidden=True)
    sender_deleted: Mapped[bool] = boolean(default=False, hidden=True)
    recipient_deleted: Mapped[bool] = boolean(default=False, hidden=True)


class Conversation(Base):
    """What one person sees of the messages with another: how many, how many unread, and the latest of them.

    Kept in the transaction of each message (decision 35); a row without messages stays, and is not listed."""

    __tablename__ = "messaging_conversation"
    __realm__ = "marketplace"
    __lock_rank__ = 140

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    counterpart_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    messages: Mapped[int] = mapped_column(Integer)
    unread: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(Instant)
    last_message_id: Mapped[str | None] = mapped_column(String(36))


# The same condition in the index and in the query that stands on it.
HAS_MESSAGES = Conversation.last_message_id.is_not(None)

# Read backwards: the newest message, and the latest conversation, first.
Index("ix_messaging_message_thread", Message.pair, Message.sent_at, Message.id)
Index("ix_messaging_message_from", Message.from_user_id, Message.sent_at, Message.id)
Index("ix_messaging_message_to", Message.to_user_id, Message.sent_at, Message.id)
short_id_index(Message)
Index("ix_messaging_conversation_latest", Conversation.user_id, Conversation.last_at, Conversation.counterpart_id,
      sqlite_where=HAS_MESSAGES, postgresql_where=HAS_MESSAGES)
Index("ix_messaging_conversation_counterpart", Conversation.counterpart_id)
