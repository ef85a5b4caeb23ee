"""The tables of messaging: conversations, their messages (rules-network §4A), who takes part, and receipts.

Participants and receipts are side tables: who reads a message changes neither its version nor its events."""
from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, boolean, id_list, identifier, instant, string, text, web_address_list
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.short_ids import short_id_index


class Conversation(Entity):
    """A thread of two people or of a group; everything in it happens in turn, behind its lock.

    `creator_user_id` removes others from a group; when he leaves, it is who has been there longest (NET-24).
    `people_key` is the same for the same people; `last_moment` is the latest time given to a message or a newcomer."""

    __tablename__ = "network_conversation"
    __service__ = "messaging"
    __object__ = "conversation"
    __realm__ = "network"
    __lock_rank__ = 480
    __owner__ = "creator_user_id"
    __duplicates__ = {"uq_network_conversation_pair": ("ConversationExists", "These two have a conversation already")}

    is_group: Mapped[bool] = boolean(default=False)
    participant_ids: Mapped[list[str]] = id_list(required=True, default=list)
    last_message_at: Mapped[datetime | None] = instant()
    creator_user_id: Mapped[str] = identifier(required=True)  # additive

    people_key: Mapped[str] = string(64, required=True, hidden=True)
    last_moment: Mapped[datetime] = instant(required=True, hidden=True)


class Message(Holdable, Entity):
    """What somebody wrote in a conversation. Who has read it and who has deleted it for himself are its receipts."""

    __tablename__ = "network_message"
    __service__ = "messaging"
    __object__ = "message"
    __realm__ = "network"
    __lock_rank__ = 481
    __owner__ = "sender_user_id"
    __made__ = {"readBy": "ids", "deletedFor": "ids"}

    content: Mapped[str] = text(required=True)
    sender_user_id: Mapped[str] = identifier(required=True)
    conversation_id: Mapped[str] = identifier(required=True)
    sent_at: Mapped[datetime] = instant(required=True)
    attachment_urls: Mapped[list[str]] = web_address_list(required=True, default=list)  # additive


class Participant(Base):
    """One person who takes part in a conversation now; the same people stand in the conversation's own list.

    `unread` equals a recount; no message before `unread_since` is unread, so nobody looks through the older ones."""

    __tablename__ = "network_participant"
    __realm__ = "network"
    __lock_rank__ = 482
    __changed_with__ = ("rows:conversation",)

    conversation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    joined_at: Mapped[datetime] = mapped_column(Instant)
    unread: Mapped[int] = mapped_column(Integer)
    unread_since: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)


class Receipt(Base):
    """That one person has read a message, or has deleted it for himself."""

    __tablename__ = "network_receipt"
    __realm__ = "network"
    __lock_rank__ = 483
    __changed_with__ = ("rows:message",)

    message_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)


IS_PAIR = Conversation.is_group.is_(False) & Conversation.is_active.is_(True)

Index("uq_network_conversation_pair", Conversation.people_key, unique=True, sqlite_where=IS_PAIR,
      postgresql_where=IS_PAIR)
Index("ix_network_conversation_people", Conversation.people_key)
Index("ix_network_conversation_creator", Conversation.creator_user_id)
Index("ix_network_message_thread", Message.conversation_id, Message.sent_at, Message.id)
Index("ix_network_message_sender", Message.sender_user_id)
short_id_index(Message)
# Read backwards: the conversation with the newest message first.
Index("ix_network_participant_latest", Participant.user_id, Participant.last_at, Participant.conversation_id)
