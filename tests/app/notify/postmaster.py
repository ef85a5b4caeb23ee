"""What a mail server does with letters in tests: it keeps them, or refuses addresses that name their own refusal."""
from email import message_from_bytes
from email.message import Message
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

_REFUSALS = {"unknown": "550 no such user", "nobody": "550 5.1.1 no such user", "greylisted": "451 try later",
             "closing": "421 closing for the night"}


class Postmaster:
    """The handler of an aiosmtpd server; the method names are aiosmtpd's."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.connections = 0
        self.senders: list[str] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str,  # noqa: N802
                          options: list[str]) -> str:
        """Accept the recipient, or refuse as its name says."""
        refusal = _REFUSALS.get(address.split("@")[0])
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the letter."""
        assert isinstance(envelope.content, bytes)
        self.senders.append(str(envelope.mail_from))
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str,  # noqa: N802
                          responses: list[str]) -> list[str]:
        """Count who calls."""
        self.connections += 1
        session.host_name = hostname
        return responses
