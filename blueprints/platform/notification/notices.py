"""Telling people of events: once, in the app and by letter, in the transaction of the subscriber that tells (§6.3)."""
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.notify.letter_templates import LetterTemplate
from app.notify.letters import greeted
from app.notify.mailbox import post_letters
from blueprints.platform.auth.queries import contact_of, contacts_of
from blueprints.platform.notification.store import store_of
from blueprints.platform.notification.unread import count_unread_of
from blueprints.platform.notification.words import kind_of
from blueprints.platform.people.queries import inactive_among

Facts = Mapping[str, Any]
_NOTHING: Facts = {}


class Notice(NamedTuple):
    """One thing to tell one person of a realm; a service of the realm declares its type (`notices=`)."""

    realm: str
    user_id: str
    notice_type: str


def tell(work: UnitOfWork, event: Event, notice: Notice, payload: Facts, more: Facts | None = None, *,
         by_letter: bool = True) -> None:
    """Tell one person of an event: in the app and, where its kind has a letter, by letter.

    `payload` is what the app shows, `more` are further facts for the letter only. Who is no user any more gets nothing,
    and no event tells anybody the same twice. Not `by_letter`: in the app only. No letter goes to an address that
    nobody has proved: a title or a number in it may be the words of whoever typed the address in (decision 44). Who
    tells several people of one event does so in the order of their ids: each holds the counter of the unread ones."""
    contact = contact_of(notice.realm, notice.user_id)
    if contact is None:
        return
    is_new = _keep_new(work, event, notice.notice_type, [notice.user_id], payload)
    if is_new and by_letter and contact["emailVerified"]:
        write_to(work, [contact], notice.notice_type, {**payload, **(more or _NOTHING)}, event=event)


def tell_all(work: UnitOfWork, event: Event, notice_type: str, user_ids: Iterable[str], payload: Facts,
             more: Facts | None = None, *, by_letter: bool = False) -> None:
    """Tell many people of the event's realm the same, in a fixed number of statements.

    Who is not active, or was told that of the event, gets nothing. The rest is as `tell` has it."""
    wanted = set(user_ids)
    told = _keep_new(work, event, notice_type, sorted(wanted - inactive_among(event.realm, wanted)), payload)
    if told and by_letter:
        proved = [contact for contact in contacts_of(event.realm, told) if contact["emailVerified"]]
        write_to(work, proved, notice_type, {**payload, **(more or _NOTHING)}, event=event)


def write_to(work: UnitOfWork, contacts: Iterable[Wire], notice_type: str, facts: Facts, *, event: Event,
             otherwise: LetterTemplate | None = None) -> None:
    """Post the letter of a kind of notice; one that goes by no letter goes out as `otherwise`, or not at all."""
    kind = kind_of(event.realm, notice_type)
    words = kind.words if kind.by_letter else otherwise
    if words is not None:
        post_letters(work, realm=event.realm, name=notice_type, template=greeted(words), cause=event.event_id, facts={
            contact["email"]: {**facts, "fullname": contact["fullname"]} for contact in contacts})


def _keep_new(work: UnitOfWork, event: Event, notice_type: str, user_ids: list[str], payload: Facts) -> list[str]:
    """Store the notice for those who have not been told, and return them."""
    store = store_of(event.realm)
    told = store.notified(work, event, notice_type, user_ids) if user_ids else set()
    new = [user_id for user_id in user_ids if user_id not in told]
    if new:
        store.keep(work, event, notice_type, new, payload)
        count_unread_of(work, new, 1)
    return new
