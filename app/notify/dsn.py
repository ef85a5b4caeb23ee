"""Delivery status notifications (RFC 3464): the letter by which a mail server says that another one did not arrive."""
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from app.mail_addresses import typed_address
from app.notify.bounces import Bounce, letter_of_return_path
from app.plain_text import seen
from app.settings import Settings

MOST_BYTES = 1_048_576
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_OUR_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
_ADDRESSED = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


def read_dsn(raw: bytes, settings: Settings) -> list[Bounce]:
    """Return the letters of ours that a DSN says have failed; none for what is no DSN, or is about no letter of ours.

    The address it came back to names the letter (VERP), and proves it. Else the letter's Message-ID does, for the
    recipient that the DSN names: note_bounces compares it with the letter's. What has more messages within messages
    than Python follows is no DSN: anybody can write to this address."""
    try:
        return _read(raw, settings)
    except RecursionError:
        return []


def _read(raw: bytes, settings: Settings) -> list[Bounce]:
    """Return the same; raises RecursionError."""
    message = message_from_bytes(raw)
    if message.get_content_type() != "multipart/report":
        return []
    proved = letter_of_return_path(" ".join(str(value) for name in _ADDRESSED for value in message.get_all(name, [])),
                                   settings)
    named = proved or _message_id(message)
    if named is None:
        return []
    return [Bounce(named, status, said, None if proved else recipient)
            for recipient, status, said in _failures(message) if proved or recipient]


def _message_id(message: Message) -> str | None:
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            found = str(inner.get("Message-ID", "")) if isinstance(inner, Message) else ""
        elif part.get_content_type() == "text/rfc822-headers":
            found = str(part.get_payload())
        else:
            continue
        if ours := _OUR_ID.search(found.lower()):
            return ours[1]
    return None


def _failures(message: Message) -> Iterator[tuple[str, str, str]]:
    """Yield recipient, status and words of each recipient that the letter did not reach."""
    for part in message.walk():
        groups = part.get_payload() if part.get_content_type() == "message/delivery-status" else []
        for group in groups if isinstance(groups, list) else ():
            if not isinstance(group, Message) or str(group.get("Action", "")).strip().lower() != "failed":
                continue
            status = _STATUS.search(str(group.get("Status", "")))
            named = str(group.get("Original-Recipient") or group.get("Final-Recipient") or "").rpartition(";")[2]
            [(_, address)] = getaddresses([named])[:1] or [("", "")]
            said = " ".join(seen(str(group.get("Diagnostic-Code", "")), " ").rpartition(";")[2].split())
            yield typed_address(address), status.group() if status else "5.0.0", said
