"""The outbox of every channel: subscribers post messages in their transaction, a job for each channel takes them out.

In production the body of a secret message (a code) is sealed while it waits and gone once it is sent (delivery.py)."""
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from app.actor import kernel_actor
from app.clock import now
from app.data.batches import BATCH_ROWS, purge
from app.data.ids import uuid7
from app.data.reads import fetch
from app.events.topics import service_topic
from app.identity.encryption import seal, unseal
from app.jobs.wakeup import wake
from app.notify.bounces import BouncedAddress, muted_among
from app.notify.channels import is_sent
from app.notify.letter_templates import LetterTemplate, PersonLocales
from app.notify.letters import Letter, write_letter, write_sms
from app.notify.models import (
    ACCOUNT,
    CAN_GO_AGAIN,
    CODE,
    EMAIL,
    FAILED,
    KEPT,
    LANES,
    OPTIONAL,
    PUSH,
    QUEUED,
    SMS,
    MailMessage,
)
from app.runtime import runtime

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.person_rows import Person
    from app.data.unit_of_work import UnitOfWork

SEND_MAIL = "send-mail"
SEND_SMS = "send-sms"
SEND_PUSH = "send-push"
SENDING_JOBS = {EMAIL: SEND_MAIL, SMS: SEND_SMS, PUSH: SEND_PUSH}
"""Channel → the job that sends its messages."""
_SEAL = "mail-message"


class Recipient(NamedTuple):
    """Who a message goes to: `address` is the e-mail address, the phone number, or the id of a device's row.

    `user_id` is the account it belongs to; without one nothing can be switched off."""

    address: str
    user_id: str | None = None


def owe(work: "UnitOfWork", *, realm: str, channel: str, name: str, cause: str, kind: str,
        letters: Mapping[Recipient, Letter], data: Mapping[str, Any] | None = None, secret: bool = False) -> int:
    """Owe each recipient its message over a channel, in the caller's transaction; returns how many are new.

    `cause` is the id of the event behind it: with the address and the template's `name` it makes the message the only
    one of its kind. `kind` (models.py) says what goes first and what may be switched off; `data` is what a push tells
    besides its words. To an address that letters came back from only codes go. A fixed number of statements, however
    many recipients there are."""
    muted = muted_among(work, realm, [to.address for to in letters]) if channel == EMAIL and kind != CODE else ()
    keys = {f"{cause}:{name}:{to.address}"[:255]: to for to in letters if to.address not in muted}
    posted = {row.dedupe_key for row in work.rows(
        select(MailMessage.dedupe_key).where(MailMessage.dedupe_key.in_(list(keys))))} if keys else set()
    new = {key: to for key, to in keys.items() if key not in posted}
    for key, to in new.items():
        letter, message_id = _closed(letters[to], secret), uuid7()
        work.insert(MailMessage(
            id=message_id, realm=realm, dedupe_key=key, channel=channel, kind=kind, lane=LANES[kind],
            user_id=to.user_id, recipient=to.address, template=name, subject=letter.subject, text=letter.text,
            html=letter.html, data=None if data is None else dict(data), secret=secret, attempts=0, created_at=now(),
            **_first_state(channel)))
        work.emit(channel_topic(realm, channel), message_id, _event_of(message_id, channel, to, letters[to], kind),
                  realm=realm)
    if new and is_sent(channel, runtime().settings):
        work.after_commit(lambda: wake(SENDING_JOBS[channel]))
    return len(new)


def post_letter(work: "UnitOfWork", *, realm: str, to: str, name: str, template: LetterTemplate,
                facts: Mapping[str, Any], cause: str, channel: str = EMAIL, user_id: str | None = None) -> bool:
    """Post a letter, or an SMS, in the caller's transaction; False when this cause sent it to this address before.

    Nobody can switch it off: it is a code, or what an account must be told. `cause` is the id of the event behind it;
    with address and name it makes the letter the only one of its kind. It is in the language of `user_id`, whose
    account it is about."""
    locale = runtime().part(PersonLocales).of(realm, [user_id])[user_id] if user_id else ""
    write = write_sms if channel == SMS else write_letter
    return owe(work, realm=realm, channel=channel, name=name, cause=cause, kind=CODE if template.secret else ACCOUNT,
               letters={Recipient(to, user_id): write(template, facts, locale, realm)}, secret=template.secret) == 1


def read_outbox(recipient: str | None = None, limit: int = 100, realm: str | None = None) -> list[dict[str, Any]]:
    """Return the newest letters, newest first, to one address or to all, of one realm or of all.

    Secret bodies stay closed in production."""
    query = select(*MailMessage.__table__.columns).order_by(MailMessage.created_at.desc(), MailMessage.id.desc())
    if recipient is not None:
        query = query.where(MailMessage.recipient == recipient)
    if realm is not None:
        query = query.where(MailMessage.realm == realm)
    hide = {"text": "(secret)", "html": "(secret)"} if runtime().settings.is_production else {}
    return [dict(row._mapping) | (hide if row.secret else {}) for row in fetch(query.limit(limit))]


def retry_letters(ids: Sequence[str]) -> int:
    """Let messages that were given up or refused wait for their channel anew, with all their attempts; returns how
    many. What waits, was sent or has no text any more stays as it is: called twice it does nothing more."""
    from app.data.unit_of_work import unit_of_work

    goes, done = MailMessage.channel.in_([one for one in SENDING_JOBS if is_sent(one, runtime().settings)]), 0
    for start in range(0, len(ids), BATCH_ROWS):
        some = ids[start:start + BATCH_ROWS]
        with unit_of_work(kernel_actor()) as work:
            done += work.execute(update(MailMessage).where(MailMessage.id.in_(some), CAN_GO_AGAIN, goes).values(
                status=QUEUED, attempts=0, next_attempt_at=now())
                .execution_options(synchronize_session=False)).rowcount
            work.after_commit(_wake_all)
            work.commit()
    return done


def purge_letters(days: int) -> int:
    """Delete the letters older than `days` that wait for nothing; returns how many."""
    old = select(MailMessage.id).where(MailMessage.created_at < now() - timedelta(days=days),
                                       MailMessage.status != QUEUED)
    return purge(
        kernel_actor(),
        lambda size: [row.id for row in fetch(old.order_by(MailMessage.id).limit(size))],
        lambda work, ids: work.execute(delete(MailMessage).where(MailMessage.id.in_(ids))))


def forget_letters(work: "UnitOfWork", *recipients: str) -> None:
    """Delete all messages of the actor's realm to these addresses and to these accounts (ids), waiting ones too: the
    person is gone for good."""
    for named in (MailMessage.recipient.in_(recipients), MailMessage.user_id.in_(recipients)):
        work.execute(delete(MailMessage).where(MailMessage.realm == work.actor.realm, named))
    work.execute(delete(BouncedAddress).where(BouncedAddress.realm == work.actor.realm,
                                              BouncedAddress.address.in_(recipients)))


def letters_to(person: "Person") -> ColumnElement[bool]:
    """Return the condition of the messages an export of the person has: to the person's addresses and devices, but
    those with codes."""
    return and_(or_(MailMessage.recipient.in_(person.addresses), MailMessage.user_id == person.id),
                MailMessage.secret.is_(False))


def sends_sms() -> bool:
    """Tell whether a code for a phone reaches anybody: by SMS, or in demo and test in the outbox; else never."""
    return reaches(SMS)


def channel_topic(realm: str, channel: str) -> str:
    """Return the topic that says a message was given to a channel (rules-platform §6.2)."""
    return service_topic(realm, "notification", f"notification-{channel}")


def reaches(channel: str) -> bool:
    """Tell whether a message of a channel reaches anybody: it is sent, or in demo and test read in the outbox."""
    settings = runtime().settings
    return is_sent(channel, settings) or not settings.is_production


def opened(message: MailMessage) -> Letter:
    """Return the words of a message as they are sent; raises ValueError where a seal is broken."""
    settings = runtime().settings
    if not (message.secret and settings.is_production):
        return Letter(message.subject, message.text, message.html)
    text, html = (unseal(settings.secret_key, _SEAL, part) for part in (message.text, message.html))
    return Letter(message.subject, text, html)


def _closed(letter: Letter, secret: bool) -> Letter:
    settings = runtime().settings
    if not (secret and settings.is_production):
        return letter
    return Letter(letter.subject, *(seal(settings.secret_key, _SEAL, part) for part in (letter.text, letter.html)))


def _first_state(channel: str) -> dict[str, Any]:
    """A message waits for its job where something sends it; what nothing sends production must not hide."""
    settings = runtime().settings
    if is_sent(channel, settings):
        return {"status": QUEUED, "next_attempt_at": now()}
    if settings.is_production:
        return {"status": FAILED, "last_error": f"nothing is set up to send {channel}"}
    return {"status": KEPT}


def _event_of(message_id: str, channel: str, to: Recipient, letter: Letter, kind: str) -> dict[str, str]:
    """Return what the topic of a channel tells of a message; of a code (FD-24), and of what an account must be told,
    such as who reported (M-20), its id alone."""
    if kind not in OPTIONAL:
        return {"id": message_id}
    named = {EMAIL: {"subject": letter.subject}, PUSH: {"title": letter.subject}}.get(channel, {})
    return {"id": message_id, "recipient": to.address, **named, "body": letter.text}


def _wake_all() -> None:
    for channel, job in SENDING_JOBS.items():
        if is_sent(channel, runtime().settings):
            wake(job)
