"""The SMTP adapter: one connection for a run of letters, and a verdict that says whether trying again can help."""
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import SplitResult, unquote, urlsplit

from app.clock import now
from app.notify.letters import Letter

TIMEOUT_SECONDS = 20


class MailUndeliverable(Exception):
    """The server refused this letter for good; the message says why."""


class MailDelayed(Exception):
    """The letter did not go out this time; trying later may help."""


class MailTransport(Protocol):
    """What carries letters away."""

    def send(self, message_id: str, recipient: str, letter: Letter) -> None:
        """Send one letter; raises MailDelayed or MailUndeliverable."""


@dataclass(frozen=True)
class SmtpAccount:
    """Where mail is handed in: `smtp://` (STARTTLS when offered) or `smtps://`, with optional user and password."""

    url: SplitResult
    sender: str

    @classmethod
    def of(cls, url: str, sender: str) -> Self:
        """Return the account of a `SMTP_URL`; raises ValueError when the scheme or the host is missing."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:port or smtps://…")
        return cls(parts, sender)

    def connect(self) -> smtplib.SMTP:
        """Return an open, authenticated connection."""
        host, secure = self.url.hostname or "", ssl.create_default_context()
        if self.url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, self.url.port or 465, timeout=TIMEOUT_SECONDS, context=secure)
        else:
            server = smtplib.SMTP(host, self.url.port or 25, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=secure)
                server.ehlo()
        if self.url.username:
            server.login(unquote(self.url.username), unquote(self.url.password or ""))
        return server


class SmtpTransport:
    """A MailTransport over one connection, opened at the first letter and closed with the block."""

    def __init__(self, account: SmtpAccount) -> None:
        self._account = account
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._hang_up()

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def send(self, message_id: str, recipient: str, letter: Letter) -> None:
        """Send one letter; raises MailDelayed (server away, 4xx) or MailUndeliverable (5xx, unusable address)."""
        try:
            message = self._message(message_id, recipient, letter)
        except ValueError as error:
            raise MailUndeliverable(f"unusable address or header: {error}") from error
        try:
            self._server = self._server or self._account.connect()
            self._server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise _verdict(error) from error

    def _message(self, message_id: str, recipient: str, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._account.sender, recipient, letter.subject
        message["Date"], message["Auto-Submitted"] = format_datetime(now()), "auto-generated"
        message["Message-ID"] = f"<{message_id}@{self._account.sender.rpartition('@')[2].rstrip('>') or 'guildhall'}>"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message


def _verdict(error: Exception) -> MailDelayed | MailUndeliverable:
    """A 5xx about this letter is final; everything else (server away, greylisted, login refused) may pass."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return MailUndeliverable(str(error)) if codes and min(codes) >= 500 else MailDelayed(str(error))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return MailUndeliverable(str(error))
    if isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= 500:
        return MailUndeliverable(str(error))
    return MailDelayed(str(error) or type(error).__name__)
