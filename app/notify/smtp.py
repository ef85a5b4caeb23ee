"""The SMTP adapter: one connection for a run of letters, and a verdict that says whether trying again can help.

Nothing goes to another machine in clear: without TLS and a certificate that is good, letters wait."""
import re
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from app.clock import now
from app.mail_addresses import sender_address, typed_address
from app.notify.carrier import Away, Delayed, Outgoing, Undeliverable, one_by_one
from app.notify.letters import Letter
from app.settings import Settings
from app.web_addresses import is_this_machine

TIMEOUT_SECONDS = 20
MOST_BROKEN = 3
"""After so many letters in a row whose connection broke, the server counts as away."""
_CLOSING = 421
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class MailUnprotected(smtplib.SMTPException):
    """The mail server is another machine and offers no TLS."""


@dataclass(frozen=True)
class SmtpAccount:
    """Where mail is handed in: `smtp://` (STARTTLS) or `smtps://` (TLS at once), with optional user and password."""

    url: SplitResult
    sender: Address

    @classmethod
    def of(cls, url: str, sender: str) -> Self:
        """Return the account of SMTP_URL and MAIL_FROM; raises ValueError for what is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:port or smtps://…")
        name, address = sender_address(sender)
        return cls(parts, Address(name, addr_spec=address))

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """Return the account of the settings, which were checked at the start."""
        return cls.of(settings.smtp_url, settings.mail_from)

    @property
    def host(self) -> str:
        """The mail server's name."""
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.url.port or (465 if self.url.scheme == "smtps" else 25)

    def connect(self, seconds: float = TIMEOUT_SECONDS) -> smtplib.SMTP:
        """Return an open, authenticated connection, under TLS unless the server is this machine.

        Raises MailUnprotected, OSError (also for a certificate that is not good) or SMTPException."""
        if self.url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=seconds,
                                                    context=self._trust())
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=seconds)
        try:
            if self.url.scheme == "smtp":
                self._protect(server)
            if self.url.username:
                server.login(unquote(self.url.username), unquote(self.url.password or ""))
        except Exception:
            server.close()
            raise
        return server

    def _protect(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=self._trust())
            server.ehlo()
        elif not is_this_machine(self.host):
            raise MailUnprotected(f"the mail server {self.host} offers no STARTTLS, and nothing goes to another "
                                  "machine in clear: take its smtps:// port, or another server")

    def _trust(self) -> ssl.SSLContext:
        """Demand a good certificate; nobody stands between us and this machine, whose server signs its own."""
        context = ssl.create_default_context()
        if is_this_machine(self.host):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


class SmtpTransport:
    """A Carrier over one connection, opened at the first letter and closed with the block."""

    at_once = 1

    def __init__(self, account: SmtpAccount) -> None:
        self._account = account
        self._server: smtplib.SMTP | None = None
        self._broken = 0

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

    def send_all(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        """Send these letters; return what became of each: None, or why it did not go."""
        return one_by_one(self.send, messages)

    def send(self, message: Outgoing) -> None:
        """Send one letter; raises Undeliverable (5xx, unusable address), Delayed (4xx, hung up) or Away.

        A server that hangs up within one letter may take the next: only one that lets nobody in, says that it closes,
        or hangs up on several in a row is away."""
        try:
            written = self.message(message)
        except (ValueError, IndexError) as error:  # IndexError: the header's parser, at half an encoded word
            raise Undeliverable(f"unusable address or header: {error}") from error
        try:
            self._server = self._server or self._account.connect()
        except (OSError, smtplib.SMTPException) as error:
            raise Away(str(error) or type(error).__name__) from error
        try:
            self._server.send_message(written, from_addr=message.return_path or None)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            verdict = _verdict(error)
            self._broken = self._broken + 1 if _is_of_connection(error) else 0
            raise Away(str(verdict)) if self._broken == MOST_BROKEN else verdict from error
        self._broken = 0

    def message(self, outgoing: Outgoing) -> EmailMessage:
        """Return the letter as it is sent; raises ValueError or IndexError for an unusable address or header."""
        message, letter = EmailMessage(), with_way_out(outgoing.letter, outgoing.unsubscribe)
        address = typed_address(outgoing.recipient)
        message["From"], message["To"] = self._account.sender, address
        if [one.addr_spec for one in message["To"].addresses] != [address]:  # stored before such were refused
            raise ValueError(f"{address} is read as another address")
        message["Subject"] = letter.subject
        message["Date"], message["Auto-Submitted"] = format_datetime(now()), "auto-generated"
        message["Message-ID"] = f"<{outgoing.id}@{self._account.sender.domain}>"
        if outgoing.unsubscribe:
            message["List-Unsubscribe"] = f"<{outgoing.unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message


def with_way_out(letter: Letter, link: str) -> Letter:
    """Return the letter with a last line by which its person gets no such letter any more; unchanged without a link."""
    if not link:
        return letter
    text = f"{letter.text}\n\n-- \nNo such letters any more: {link}"
    line = f'<p style="font-size: smaller"><a href="{escape(link)}">No such letters any more</a></p>'
    return Letter(letter.subject, text, letter.html.replace("</body>", f"{line}</body>", 1))


def handed_in(account: SmtpAccount, recipient: str, letter: Letter, message_id: str) -> str:
    """Send one letter to an address of ASCII characters and return what the server answered to it, in its own words.

    Raises Delayed or Undeliverable with a sentence of what went wrong, and where."""
    try:
        message = SmtpTransport(account).message(Outgoing(message_id, "", recipient, "TEST", letter))
    except (ValueError, IndexError) as error:
        raise Undeliverable(f"unusable address or header: {error}") from error
    try:
        with account.connect() as server:
            server.ehlo_or_helo_if_needed()
            code, said = 250, b""
            for step, call in (("its sender", lambda: server.mail(account.sender.addr_spec)),
                               ("its recipient", lambda: server.rcpt(recipient)),
                               ("the letter", lambda: server.data(message.as_bytes(policy=SMTP)))):
                code, said = call()
                if code not in (250, 251):
                    raise Undeliverable(f"{account.host} refuses {step}: {code} {_words(said)}")
        return f"{code} {_words(said)}"
    except (OSError, smtplib.SMTPException) as error:
        raise Delayed(trouble_with(account, error)) from error


def trouble_with(account: SmtpAccount, error: Exception) -> str:
    """Return a sentence of what failed between us and the mail server, and what to look at."""
    at = f"{account.host}:{account.port}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return (f"{account.host} refuses the login: {_answer(error)}; user and password "
                "stand in SMTP_URL, signs such as @ and / as %40 and %2F")
    sentences: tuple[tuple[type[Exception], str], ...] = (
        (MailUnprotected, str(error)),
        (socket.gaierror, f"the host {account.host} is unknown: SMTP_URL names it, or the name server is away"),
        (ConnectionRefusedError, f"{at} refuses connections: no mail server listens on this port"),
        (TimeoutError, f"{at} does not answer: a firewall, or another port in SMTP_URL"),
        (ssl.SSLCertVerificationError, f"TLS with {at}: the certificate is not good ({error}); take the server's own "
                                       "name in SMTP_URL"),
        (ssl.SSLError, f"TLS with {at} failed ({error}): smtps:// is for ports that speak TLS at once (465), smtp:// "
                       "for STARTTLS (587)"),
        (smtplib.SMTPNotSupportedError, f"{account.host} offers no login that we know: {error}"),
        (smtplib.SMTPResponseException, f"{account.host} refuses: {_answer(error)}"),
        (smtplib.SMTPServerDisconnected, f"{at} hung up: {error}; perhaps it speaks TLS at once (smtps://)"),
    )
    return next((says for kind, says in sentences if isinstance(error, kind)),
                f"{at}: {error or type(error).__name__}")


def _answer(error: Exception) -> str:
    return f"{error.smtp_code} {_words(error.smtp_error)}" if isinstance(error, smtplib.SMTPResponseException) else ""


def _words(said: bytes | str) -> str:
    return " ".join((said.decode(errors="replace") if isinstance(said, bytes) else said).split())


def _verdict(error: Exception) -> Delayed | Undeliverable:
    """A 5xx about this letter is final; everything else (server away, greylisted, login refused) may pass."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, said)] = list(error.recipients.values())[:1] or [(0, b"")]
        if code >= 500:
            return Undeliverable(str(error), enhanced_status(said))
        return Away(str(error)) if code == _CLOSING else Delayed(str(error))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Undeliverable(str(error))
    if isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= 500:
        return Undeliverable(str(error))
    says = str(error) or type(error).__name__
    return Away(says) if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code == _CLOSING else Delayed(
        says)


def _is_of_connection(error: Exception) -> bool:
    return not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException
                          | smtplib.SMTPNotSupportedError)


def enhanced_status(said: bytes | str) -> str:
    """Return the enhanced status code that an answer begins with (RFC 2034): `5.1.1`; blank without one."""
    found = _STATUS.match(_words(said))
    return found.group() if found else ""
