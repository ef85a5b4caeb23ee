"""Addresses that letters come back from: counted, muted after three, and heard again when somebody proves the address.

A bounce is told by the mail server at sending, by a signed call of a mail provider, or by a DSN (FD-25)."""
import hmac
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Index, Integer, String, Text, delete, func, select, tuple_, update
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import kernel_actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import Instant
from app.data.entity import Base
from app.data.reads import fetch
from app.data.upserts import upsert
from app.identity.encryption import purpose_key
from app.notify.models import EMAIL, MailMessage
from app.settings import Settings

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.person_rows import Person
    from app.data.unit_of_work import UnitOfWork

MOST_BOUNCES = 3
"""After so many an address is muted: only codes go there, for which somebody asks."""
FORGOTTEN_AFTER = timedelta(days=90)
"""A bounce so long after the last one is the first again."""
_MEANS_NOBODY = re.compile(r"5\.(?:[014]\.\d{1,3}|2\.[01])")
_MEANS_NOBODY_AT_RCPT = re.compile(r"5\.1\.\d{1,3}")
_MAC_DIGITS = 12
_TAG = re.compile(rf"([0-9a-f]{{32}})-([0-9a-f]{{{_MAC_DIGITS}}})")
_LONGEST_REASON = 500


class BouncedAddress(Base):
    """An address of a realm that letters came back from, how often, and since when nothing is sent there."""

    __tablename__ = "bounced_address"
    __lock_rank__ = 905

    realm: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(255), primary_key=True)
    bounces: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str] = mapped_column(Text)
    last_at: Mapped[datetime] = mapped_column(Instant)
    muted_at: Mapped[datetime | None] = mapped_column(Instant)


_IS_MUTED = BouncedAddress.muted_at.is_not(None)
Index("ix_bounced_address_last", BouncedAddress.last_at)
Index("ix_bounced_address_muted", BouncedAddress.muted_at, sqlite_where=_IS_MUTED, postgresql_where=_IS_MUTED)


class Bounce(NamedTuple):
    """A letter that came back: its id, the enhanced status code (`5.1.1`), and what the other server said."""

    message_id: str
    status: str
    said: str
    recipient: str | None = None
    """Whom it did not reach, where the letter's id alone proves nothing."""


def means_nobody(status: str) -> bool:
    """Tell whether a status says that nobody is there: 5.7.x (policy), 5.2.2 (full) and the like do not count."""
    return _MEANS_NOBODY.fullmatch(status) is not None


def refused_as_unknown(status: str) -> bool:
    """Tell the same of an answer at sending, where 5.1.x alone is about the address."""
    return _MEANS_NOBODY_AT_RCPT.fullmatch(status) is not None


def note_bounces(bounces: Iterable[Bounce], realm: str | None = None) -> int:
    """Count these bounces, each letter once however often it is told; returns how many were new.

    Letters that are not there, of another realm, to another recipient, and other statuses change nothing."""
    from app.data.unit_of_work import unit_of_work

    with unit_of_work(kernel_actor()) as work:
        new = sum(count_bounce(work, bounce, realm) for bounce in bounces if means_nobody(bounce.status))
        work.commit()
    return new


def count_bounce(work: "UnitOfWork", bounce: Bounce, realm: str | None = None) -> bool:
    """Count one bounce in the caller's transaction; False when the letter is unknown or was counted before."""
    letter = MailMessage.id == bounce.message_id
    at = work.rows(select(MailMessage.realm, MailMessage.recipient).where(letter, MailMessage.channel == EMAIL))
    if not at or realm not in (None, at[0].realm) or bounce.recipient not in (None, at[0].recipient):
        return False
    marked = work.execute(update(MailMessage).where(letter, MailMessage.bounced_at.is_(None)).values(
        bounced_at=now(), last_error=f"came back: {bounce.status} {bounce.said}"[:_LONGEST_REASON])
        .execution_options(synchronize_session=False)).rowcount
    if marked:
        _count(work, at[0].realm, at[0].recipient, f"{bounce.status} {bounce.said}"[:_LONGEST_REASON])
    return bool(marked)


def _count(work: "UnitOfWork", realm: str, address: str, said: str) -> None:
    moment = now()
    row = (BouncedAddress.realm == realm, BouncedAddress.address == address)
    work.execute(delete(BouncedAddress).where(*row, BouncedAddress.last_at < moment - FORGOTTEN_AFTER,
                                              BouncedAddress.muted_at.is_(None)))
    work.execute(upsert(BouncedAddress).values(
        realm=realm, address=address, bounces=1, last_error=said, last_at=moment, muted_at=None)
        .on_conflict_do_update(index_elements=["realm", "address"], set_={
            "bounces": BouncedAddress.bounces + 1, "last_error": said, "last_at": moment}))
    work.execute(update(BouncedAddress).where(*row, BouncedAddress.bounces >= MOST_BOUNCES,
                                              BouncedAddress.muted_at.is_(None)).values(muted_at=moment)
                 .execution_options(synchronize_session=False))


def muted_among(work: "UnitOfWork", realm: str, addresses: Collection[str]) -> set[str]:
    """Return those of the addresses to which only codes are sent."""
    return {row.address for row in work.rows(select(BouncedAddress.address).where(
        BouncedAddress.realm == realm, BouncedAddress.address.in_(addresses),
        BouncedAddress.muted_at.is_not(None)))} if addresses else set()


def hear_again(work: "UnitOfWork", realm: str, address: str) -> bool:
    """Forget the bounces of an address: somebody proved it, or the operator knows better; False for none."""
    return bool(work.execute(delete(BouncedAddress).where(
        BouncedAddress.realm == realm, BouncedAddress.address == address)
        .execution_options(synchronize_session=False)).rowcount)


def forget_bounces(addresses: Iterable[tuple[str, str]]) -> int:
    """Hear these addresses (realm, address) again, in one transaction; returns how many were there."""
    from app.data.unit_of_work import unit_of_work

    with unit_of_work(kernel_actor()) as work:
        heard = sum(hear_again(work, realm, address) for realm, address in addresses)
        work.commit()
    return heard


def purge_bounces() -> int:
    """Remove the addresses whose next bounce would be the first again; returns how many. Muted ones stay."""
    old = select(BouncedAddress.realm, BouncedAddress.address).where(
        BouncedAddress.last_at < now() - FORGOTTEN_AFTER, BouncedAddress.muted_at.is_(None))
    return purge(
        kernel_actor(),
        lambda size: [tuple(row) for row in fetch(old.order_by(BouncedAddress.last_at).limit(size))],
        lambda work, keys: work.execute(delete(BouncedAddress).where(
            tuple_(BouncedAddress.realm, BouncedAddress.address).in_(keys),
            BouncedAddress.last_at < now() - FORGOTTEN_AFTER, BouncedAddress.muted_at.is_(None))))


def bounced_addresses(realm: str | None, limit: int, *, address: str | None = None) -> Sequence[Any]:
    """Return rows of the addresses that letters came back from, the last first: of a realm, or of all."""
    chosen = [BouncedAddress.realm == realm] if realm else []
    chosen += [BouncedAddress.address == address] if address else []
    return fetch(select(*BouncedAddress.__table__.columns).where(*chosen).order_by(
        BouncedAddress.last_at.desc(), BouncedAddress.realm, BouncedAddress.address).limit(limit))


def bounces_of(person: "Person") -> ColumnElement[bool]:
    """Return the condition of the rows that an export of the person has."""
    return BouncedAddress.address.in_(person.addresses)


def muted_count() -> int:
    """Return how many addresses are muted."""
    return int(fetch(select(func.count().label("muted")).where(_IS_MUTED))[0].muted)


def return_path(message_id: str, settings: Settings) -> str:
    """Return the address that a letter comes back to, which names it (VERP); blank without MAIL_BOUNCE_ADDRESS."""
    if not settings.mail_bounce_address:
        return ""
    local, _, domain = settings.mail_bounce_address.rpartition("@")
    return f"{local}+{_tag(message_id, settings)}@{domain}"


def letter_of_return_path(text: str, settings: Settings) -> str | None:
    """Return the id of the letter that such an address in the text names, None where none does or it is forged."""
    for digits, proof in _TAG.findall(text.lower()):
        message_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        if hmac.compare_digest(_tag(message_id, settings), f"{digits}-{proof}"):
            return message_id
    return None


def _tag(message_id: str, settings: Settings) -> str:
    proof = hmac.digest(purpose_key(settings.secret_key, "return-path"), message_id.encode(), "sha256").hex()
    return f"{message_id.replace('-', '')}-{proof[:_MAC_DIGITS]}"


def is_signed(payload: bytes, headers: dict[str, str], secret: str) -> bool:
    """Tell whether a mail provider's call carries a good signature of MAIL_BOUNCE_SECRET (Standard Webhooks)."""
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    if not secret:
        return False
    try:
        Webhook(secret).verify(payload, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: no UTF-8, no base64, a signature without its comma
        return False
    return True
