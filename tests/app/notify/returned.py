"""Letters that come back: what mail servers write about them (RFC 3464), and a world in which some did."""
from pathlib import Path

from app.actor import system_actor
from app.data.unit_of_work import unit_of_work
from app.notify.bounces import Bounce, note_bounces
from app.notify.letters import Letter
from app.notify.mailbox import Recipient, owe, read_outbox
from app.notify.models import ACCOUNT

_DSN = """From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system at host mx.example.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b
Content-Type: message/rfc822

From: no-reply@guildhall.example
To: {recipient}
Message-ID: <{message_id}@guildhall.example>
Subject: About a clock

It is about a clock.
--b--
"""


def dsn(message_id: str, recipient: str, *, status: str = "5.1.1", action: str = "failed",
        to: str = "no-reply@guildhall.example") -> bytes:
    """Return what a mail server writes of a letter that did not arrive; `to` is the return path."""
    return _DSN.format(message_id=message_id, recipient=recipient, status=status, action=action, to=to).encode()


def posted(to: str, cause: str, realm: str = "marketplace", kind: str = ACCOUNT, user_id: str | None = None) -> str:
    """Owe a letter; return its id, blank when none was owed."""
    with unit_of_work(system_actor(realm)) as work:
        new = owe(work, realm=realm, channel="email", name="TEST", cause=cause, kind=kind,
                  letters={Recipient(to, user_id): Letter("About a clock", "It is about a clock.", "<body></body>")})
        work.commit()
    return str(read_outbox(to, 1)[0]["id"]) if new else ""


def mute(to: str, times: int = 3) -> list[str]:
    """Let so many letters to an address come back; return their ids."""
    ids = [posted(to, f"event-{number}") for number in range(times)]
    assert note_bounces([Bounce(one, "5.1.1", "no such user") for one in ids]) == times
    return ids


def returned_letters(folder: Path, address: str) -> Path:
    """Have an address muted in whose mailbox nobody is, and return a file that tells of one more letter."""
    other = f"other-{address}"
    mute(address)
    file = folder / "returned.eml"
    file.write_bytes(dsn(posted(other, "event-9"), other))
    return file
