"""The letter box: subscribers post letters in their transaction, the mail job takes them out and notes their fate.

In production the body of a secret letter (a code) is sealed while it waits and gone once it is sent."""
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update

from app.actor import kernel_actor
from app.backoff import Backoff
from app.clock import now
from app.data.batches import BATCH_ROWS, purge
from app.data.ids import uuid7
from app.data.person_rows import Person
from app.data.reads import fetch
from app.data.retries import OwedWork, claim_due, error_text, postpone, settle
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.identity.encryption import seal, unseal
from app.jobs.wakeup import wake
from app.notify.letters import Letter, LetterTemplate, write_letter
from app.notify.models import CAN_GO_AGAIN, EMAIL, FAILED, IS_QUEUED, KEPT, QUEUED, SENT, MailMessage
from app.notify.smtp import MailDelayed, MailTransport, MailUndeliverable
from app.runtime import runtime

log = logging.getLogger("guildhall.mail")

SEND_MAIL = "send-mail"
LETTERS = OwedWork(MailMessage, IS_QUEUED, MailMessage.next_attempt_at)
BACKOFF = Backoff(timedelta(minutes=1), timedelta(hours=6), factor=4, most=8)
# How long one process keeps a letter to itself; after a crash the letter is taken up again.
LEASE = timedelta(minutes=5)

_SEAL = "mail-message"


def post_letter(work: UnitOfWork, *, realm: str, to: str, name: str, template: LetterTemplate, facts: Mapping[str, Any],
                cause: str, channel: str = EMAIL) -> bool:
    """Post the letter `name` in the caller's transaction; False when this cause sent it to this address before.

    `cause` is the id of the event behind it; with address and name it makes the letter the only one of its kind."""
    return post_letters(work, realm=realm, name=name, template=template, facts={to: facts}, cause=cause,
                        channel=channel) == 1


def post_letters(work: UnitOfWork, *, realm: str, name: str, template: LetterTemplate,
                 facts: Mapping[str, Mapping[str, Any]], cause: str, channel: str = EMAIL) -> int:
    """Post the letter to many, in a fixed number of statements; `facts` are those of each address.

    Returns how many are new, as post_letter tells of one."""
    keys = {f"{cause}:{name}:{to}"[:255]: to for to in facts}
    posted = {row.dedupe_key for row in work.rows(
        select(MailMessage.dedupe_key).where(MailMessage.dedupe_key.in_(list(keys))))} if keys else set()
    new = {key: to for key, to in keys.items() if key not in posted}
    for key, to in new.items():
        letter = _closed(write_letter(template, facts[to]), template.secret)
        work.insert(MailMessage(
            id=uuid7(), realm=realm, dedupe_key=key, channel=channel, recipient=to, template=name,
            subject=letter.subject, text=letter.text, html=letter.html, secret=template.secret, attempts=0,
            created_at=now(), **_first_state(channel)))
    if new and _is_sent(channel):
        work.after_commit(_wake)
    return len(new)


def deliver_queued(transport: MailTransport, limit: int = 500) -> dict[str, int]:
    """Hand the waiting letters to the transport, the oldest first; returns how many ended in which status.

    The transport is asked outside any transaction: a slow mail server holds no lock. A letter that is delayed ends
    the run, because what delayed it is most often the server itself."""
    ended: dict[str, int] = {}
    for _ in range(limit):
        message = _claim()
        if message is None:
            break
        status = _deliver(transport, message)
        ended[status] = ended.get(status, 0) + 1
        if status == QUEUED:
            break
    return ended


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
    """Let letters that were given up or refused wait for the mail server anew, with all their attempts; returns how
    many. What waits, was sent or has no text any more stays as it is: called twice it does nothing more."""
    done = 0
    for start in range(0, len(ids), BATCH_ROWS):
        some = ids[start:start + BATCH_ROWS]
        with unit_of_work(kernel_actor()) as work:
            done += work.execute(update(MailMessage).where(MailMessage.id.in_(some), CAN_GO_AGAIN).values(
                status=QUEUED, attempts=0, next_attempt_at=now())
                .execution_options(synchronize_session=False)).rowcount
            work.after_commit(_wake)
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


def forget_letters(work: UnitOfWork, *recipients: str) -> None:
    """Delete all letters of the actor's realm to these addresses, waiting ones too: the person is gone for good."""
    work.execute(delete(MailMessage).where(MailMessage.realm == work.actor.realm,
                                           MailMessage.recipient.in_(recipients)))


def letters_to(person: Person) -> ColumnElement[bool]:
    """Return the condition of the letters an export of the person has: to the person's addresses, but those with
    codes."""
    return and_(MailMessage.recipient.in_(person.addresses), MailMessage.secret.is_(False))


def sends_sms() -> bool:
    """Tell whether a code for a phone reaches anybody: in demo and test it is read in the outbox, else never."""
    return not runtime().settings.is_production


def _is_sent(channel: str) -> bool:
    return channel == EMAIL and runtime().settings.mail_transport == "smtp"


def _first_state(channel: str) -> dict[str, Any]:
    """E-mail waits for the job where there is a mail server; nothing sends SMS, which production must not hide."""
    if _is_sent(channel):
        return {"status": QUEUED, "next_attempt_at": now()}
    if runtime().settings.is_production:
        return {"status": FAILED, "last_error": f"nothing is set up to send {channel}"}
    return {"status": KEPT}


def _wake() -> None:
    wake(SEND_MAIL)


def _claim() -> MailMessage | None:
    """Return the letter that has waited longest, leased; None when none is due."""
    with unit_of_work(kernel_actor()) as work:
        messages = claim_due(work, LETTERS, 1, lease=LEASE)
        work.commit()
    return messages[0] if messages else None


def _deliver(transport: MailTransport, message: MailMessage) -> str:
    try:
        transport.send(message.id, message.recipient, _opened(message))
    except MailUndeliverable as error:
        return _end(message, FAILED, last_error=str(error))
    except MailDelayed as error:
        return _delay(message, str(error))
    except Exception as error:
        # A letter that cannot even be written counts its attempts too, or it would stop the others for ever.
        log.exception("letter %s could not be handed over", message.id)
        return _delay(message, error_text(error))
    return _end(message, SENT, last_error=None, sent_at=now())


def _delay(message: MailMessage, error: str) -> str:
    with unit_of_work(kernel_actor()) as work:
        gave_up = postpone(work, LETTERS, MailMessage.id == message.id, error=error, backoff=BACKOFF,
                           parked=_ended(message, FAILED))
        work.commit()
    return FAILED if gave_up else QUEUED


def _end(message: MailMessage, status: str, **values: Any) -> str:
    with unit_of_work(kernel_actor()) as work:
        settle(work, LETTERS, MailMessage.id == message.id, attempts=message.attempts + 1, **values,
               **_ended(message, status))
        work.commit()
    return status


def _ended(message: MailMessage, status: str) -> dict[str, Any]:
    """Return the values of a letter that waits for nothing any more; in production a secret body is gone."""
    gone = {"text": "", "html": ""} if message.secret and runtime().settings.is_production else {}
    return {"status": status, "next_attempt_at": None, **gone}


def _closed(letter: Letter, secret: bool) -> Letter:
    settings = runtime().settings
    if not (secret and settings.is_production):
        return letter
    return Letter(letter.subject, *(seal(settings.secret_key, _SEAL, part) for part in (letter.text, letter.html)))


def _opened(message: MailMessage) -> Letter:
    settings = runtime().settings
    if not (message.secret and settings.is_production):
        return Letter(message.subject, message.text, message.html)
    text, html = (unseal(settings.secret_key, _SEAL, part) for part in (message.text, message.html))
    return Letter(message.subject, text, html)
