"""Messages on their way, of every channel: the readable outbox of demo and test, and the queue of the sending jobs."""
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, Json, constant
from app.data.entity import Base

EMAIL, SMS, PUSH = CHANNELS = ("email", "sms", "push")
# kept: nobody sends it, it is there to be read; the others are the life of a message that is sent.
KEPT, QUEUED, SENT, FAILED = "kept", "queued", "sent", "failed"
CODE, ACCOUNT, NOTICE, DIGEST = "code", "account", "notice", "digest"
"""Kinds: a code somebody waits for; what an account must be told; what its person may switch off; a day's notices."""
LANES = {CODE: 0, ACCOUNT: 1, NOTICE: 1, DIGEST: 2}
"""What goes first of a channel, whoever has waited longer (FD-26)."""
OPTIONAL = (NOTICE, DIGEST)


class MailMessage(Base):
    """One message to one recipient; `dedupe_key` (event, recipient, template) makes it the only one of its kind.

    `recipient` is an address, a phone number, or the id of a device's row. Of a `secret` message in production, text
    and html are sealed until it is sent and empty afterwards. SMS and push have no html; `data` is a push message's."""

    __tablename__ = "mail_message"
    __lock_rank__ = 900

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    dedupe_key: Mapped[str] = mapped_column(String(255), unique=True)
    channel: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(8), server_default=text("'account'"))
    lane: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    user_id: Mapped[str | None] = mapped_column(String(36))
    recipient: Mapped[str] = mapped_column(String(255))
    template: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any] | None] = mapped_column(Json)
    secret: Mapped[bool] = mapped_column(Boolean)
    status: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    bounced_at: Mapped[datetime | None] = mapped_column(Instant)


IS_QUEUED = MailMessage.status == constant(QUEUED)
IS_FAILED = MailMessage.status == constant(FAILED)
CAN_GO_AGAIN = and_(IS_FAILED, MailMessage.text != "")
"""A code's message is empty once it has ended (delivery.py): nothing of it is left to be sent."""
IS_SENT = MailMessage.sent_at.is_not(None)
Index("ix_mail_message_recipient", MailMessage.recipient, MailMessage.created_at)
Index("ix_mail_message_person", MailMessage.user_id, sqlite_where=MailMessage.user_id.is_not(None),
      postgresql_where=MailMessage.user_id.is_not(None))
Index("ix_mail_message_waiting", MailMessage.next_attempt_at,
      sqlite_where=IS_QUEUED, postgresql_where=IS_QUEUED)
Index("ix_mail_message_lanes", MailMessage.channel, MailMessage.lane, MailMessage.next_attempt_at,
      sqlite_where=IS_QUEUED, postgresql_where=IS_QUEUED)
Index("ix_mail_message_failed", MailMessage.created_at, sqlite_where=IS_FAILED, postgresql_where=IS_FAILED)
Index("ix_mail_message_sent", MailMessage.sent_at, sqlite_where=IS_SENT, postgresql_where=IS_SENT)
