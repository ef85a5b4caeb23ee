"""Read tokens of private files: short-lived, of one file for one reader, with the address in the answer that shows it.

A token hangs on the session it was handed out in, and opens nothing in another realm (decision 50)."""
import hmac
from dataclasses import dataclass

from app.actor import Actor
from app.clock import now
from app.identity.encryption import fingerprint


class FileTokenRefused(Exception):
    """Malformed, forged, expired, or made for another file, owner or realm."""


@dataclass(frozen=True, slots=True)
class FileReader:
    """Who was given a read token, and in which session."""

    session_id: str
    user_id: str


def file_token(app_secret: str, reader: Actor, file_id: str, owner_id: str, seconds: int) -> str:
    """Return the token by which `reader`, who has a session, reads a file for so many seconds.

    It opens the file only while that is `owner_id`'s: a row that names the file of somebody else opens nothing."""
    head = f"{int(now().timestamp()) + seconds}.{reader.session_id}.{reader.user_id}"
    return f"{head}.{_signature(app_secret, reader.realm, head, file_id, owner_id)}"


def read_file_token(app_secret: str, realm: str, token: str, file_id: str, owner_id: str) -> FileReader:
    """Return who reads this file of this owner by the token; raises FileTokenRefused."""
    head, _, signature = token.rpartition(".")
    expected = _signature(app_secret, realm, head, file_id, owner_id)
    if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode()):
        raise FileTokenRefused("not signed by us for this file")
    expires_at, session_id, user_id = head.split(".")
    if int(expires_at) <= now().timestamp():
        raise FileTokenRefused("expired")
    return FileReader(session_id, user_id)


def _signature(app_secret: str, realm: str, head: str, file_id: str, owner_id: str) -> str:
    return fingerprint(app_secret, f"file-token/{realm}", f"{head}.{file_id}.{owner_id}")
