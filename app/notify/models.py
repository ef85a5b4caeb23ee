"""The letters on their way: the readable outbox of demo and test, and the queue of the SMTP job in production."""
from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, String, Text, and_
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import Instant, constant
from app.data.entity import Base

EMAIL, SMS = "email", "sms"
# kept: nobody sends it, it is there to be read; the others are the life of a letter that is sent.
KEPT, QUEUED, SENT, FAILED = "kept", "queued", "sent", "failed"


class MailMessage(Base):
    """One letter to one address; `dedupe_key` (event, recipient, template) makes it the only one of its kind.

    Of a `secret` letter in production, text and html are sealed until it is sent and empty afterwards."""

    __tablename__ = "mail_message"
    __lock_rank__ = 900

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    realm: Mapped[str] = mapped_column(String(16))
    dedupe_key: Mapped[str] = mapped_column(String(255), unique=True)
    channel: Mapped[str] = mapped_column(String(8))
    recipient: Mapped[str] = mapped_column(String(255))
    template: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    secret: Mapped[bool] = mapped_column(Boolean)
    status: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


IS_QUEUED = MailMessage.status == constant(QUEUED)
IS_FAILED = MailMessage.status == constant(FAILED)
CAN_GO_AGAIN = and_(IS_FAILED, MailMessage.channel == EMAIL, MailMessage.text != "")
"""A code's letter is empty once it has ended (mailbox.py): nothing of it is left to be sent."""
IS_SENT = MailMessage.sent_at.is_not(None)
Index("ix_mail_message_recipient", MailMessage.recipient, MailMessage.created_at)
Index("ix_mail_message_waiting", MailMessage.next_attempt_at,
      sqlite_where=IS_QUEUED, postgresql_where=IS_QUEUED)
Index("ix_mail_message_failed", MailMessage.created_at, sqlite_where=IS_FAILED, postgresql_where=IS_FAILED)
Index("ix_mail_message_sent", MailMessage.sent_at, sqlite_where=IS_SENT, postgresql_where=IS_SENT)
