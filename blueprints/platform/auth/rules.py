"""What is decided about accounts without asking anything: addresses, archiving, masks."""
import hashlib
import re
from datetime import datetime, timedelta

# One @, no white space, a dot in the domain; whether the address exists only a mail can tell.
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\].]+(\.[^\s@<>\"(),:;\\\[\].]+)+")
_NOT_DIGITS = re.compile(r"[^0-9]")


def normal_email(text: str) -> str | None:
    """Return the e-mail trimmed and lower-cased, or None when it is not one (rules-platform §3.1)."""
    email = text.strip().lower()
    return email if len(email) <= 255 and _EMAIL.fullmatch(email) else None


def gravatar_url(email: str) -> str:
    """Return the avatar of a user who brought none."""
    digest = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()
    return f"https://gravatar.com/avatar/{digest}?s=200&d=identicon"


def is_restorable(archived_at: datetime | None, moment: datetime, days: int) -> bool:
    """Tell whether an archived account may still come back by a login (rules-platform §3.4)."""
    return archived_at is not None and archived_at >= moment - timedelta(days=days)


def normal_mobile(text: str) -> str:
    """Return a phone number's digits, so that one number written in two ways is one number."""
    return _NOT_DIGITS.sub("", text)


def masked_mobile(number: str) -> str:
    """Return the number half hidden: `+905.....67` (rules-platform §3.5)."""
    text = "".join(number.split())
    return f"{text[:4]}.....{text[-2:]}" if len(text) > 6 else f"{text[:1]}....."
