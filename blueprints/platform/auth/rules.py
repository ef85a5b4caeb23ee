"""What is decided about accounts without asking anything: archiving, suspension, phones, masks."""
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_NO_FILE_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_NOT_DIGITS = re.compile(r"[^0-9]")
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a ban: no clock reaches it."""
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Since when an account is archived that is to be erased: no days of grace are left, and no login restores it.

ARCHIVE_DAYS is at most a hundred years."""
REST_AFTER_END = timedelta(days=7)
"""How long lists leave out whoever was deleted or purged; by then the events have removed what was shown of them."""
STRAGGLERS = timedelta(hours=1)
"""When whoever is gone for good is forgotten once more: requests that were let in before have written by then."""


class Standing(NamedTuple):
    """What decides whether the holder of an account may act: see may_trade of the people service."""

    id: str
    is_active: bool
    locked_until: datetime | None
    archived_at: datetime | None
    suspended_until: datetime | None
    no_selling_until: datetime | None
    no_buying_until: datetime | None

    @property
    def is_banned(self) -> bool:
        """Whether the suspension has no end."""
        return self.suspended_until == FOREVER


class Ends(NamedTuple):
    """Until when somebody is suspended: from everything (by which act), from selling, from buying."""

    suspended_until: datetime | None = None
    suspended_by: str | None = None
    no_selling_until: datetime | None = None
    no_buying_until: datetime | None = None


def holds(until: datetime | None, moment: datetime) -> bool:
    """Tell whether a lock or suspension that ends then holds at the moment."""
    return until is not None and until > moment


def gravatar_url(email: str) -> str:
    """Return the avatar of a user who brought none."""
    digest = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()
    return f"https://gravatar.com/avatar/{digest}?s=200&d=identicon"


def is_restorable(archived_at: datetime | None, moment: datetime, days: int) -> bool:
    """Tell whether an archived account may still come back by a login (rules-platform §3.4)."""
    return archived_at is not None and archived_at >= moment - timedelta(days=days)


def is_replaceable(role: str, created_at: datetime, kept_out_until: datetime | None, moment: datetime,
                   resend_seconds: int) -> bool:
    """Tell whether an account that was never verified gives way to a new registration of its address (decision 44).

    Not within the resend window, not what staff gave a role, not while or after staff locked or suspended it."""
    return role == "user" and kept_out_until is None and created_at <= moment - timedelta(seconds=resend_seconds)


def normal_mobile(text: str) -> str:
    """Return a phone number's digits, so that one number written in two ways is one number."""
    return _NOT_DIGITS.sub("", text)


def masked_mobile(number: str) -> str:
    """Return the number half hidden: `+905.....67` (rules-platform §3.5)."""
    text = "".join(number.split())
    return f"{text[:4]}.....{text[-2:]}" if len(text) > 6 else f"{text[:1]}....."


def account_state(*, is_active: bool, archived_at: datetime | None, suspended_until: datetime | None,
                  locked_until: datetime | None, moment: datetime) -> str:
    """Return in one word how an account stands: archived (by its owner), deleted (by staff), banned, suspended, locked
    or active."""
    if not is_active:
        return "deleted" if archived_at is None else "archived"
    if holds(suspended_until, moment):
        return "banned" if suspended_until == FOREVER else "suspended"
    return "locked" if holds(locked_until, moment) else "active"


def shortened_address(network: str) -> str:
    """Return a client network without its last part: `203.0.113.x`, `2001:db8:1::x`; blank for what is none."""
    if ":" in network:
        return ":".join(network.split("::")[0].split(":")[:3]) + "::x"
    return network.rpartition(".")[0] + ".x" if network.count(".") == 3 else ""


def owed_factors(wanted: frozenset[str], mobile_works: bool) -> frozenset[str]:
    """Return which second factors a login owes of those that the person or the role wants: `email`, `mobile`.

    Where no code can reach the phone (no verified number, nothing that sends SMS), the e-mail stands in for it: nobody
    is locked out, and nobody passes with the password alone."""
    return wanted if mobile_works or "mobile" not in wanted else (wanted - {"mobile"}) | {"email"}


def file_name(text: str) -> str:
    """Return a name as one that each system's folders take: nothing in it leads to another folder."""
    return _NO_FILE_NAME.sub("_", text).strip(". ") or "_"
