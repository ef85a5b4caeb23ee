"""Telling people of events: once, in the app, by letter and to their devices, as each of them wants it (§6.3, FD-22).

All of it is written in the transaction of the subscriber that tells."""
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, select

from app.clock import now
from app.data.ids import uuid7
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.notify.device_tokens import devices_of
from app.notify.letter_templates import LetterTemplate
from app.notify.letters import greeted, write_letter, write_push
from app.notify.mailbox import Recipient, owe, reaches
from app.notify.models import EMAIL, NOTICE, PUSH
from blueprints.platform.auth.queries import contact_of, contacts_of
from blueprints.platform.notification import rules
from blueprints.platform.notification.models import DigestItem
from blueprints.platform.notification.preferences import Wanted, wanted_of
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
    """Tell one person of an event: in the app, to the devices and, where its kind has a letter, by letter.

    `payload` is what the app shows, `more` are further facts for letter and device only. Who is no user any more gets
    nothing, and no event tells anybody the same twice. Not `by_letter`: no letter, whatever the person wants. No letter
    goes to an address that nobody has proved: a title or a number in it may be the words of whoever typed the address
    in (decision 44). Who tells several people of one event does so in the order of their ids: each holds the counter of
    the unread ones."""
    contact = contact_of(notice.realm, notice.user_id)
    if contact is not None:
        _tell(work, event, notice.notice_type, [notice.user_id], payload, more or _NOTHING,
              [contact] if by_letter else [])


def tell_all(work: UnitOfWork, event: Event, notice_type: str, user_ids: Iterable[str], payload: Facts,
             more: Facts | None = None, *, by_letter: bool = False) -> None:
    """Tell many people of the event's realm the same, in a fixed number of statements.

    Who is not active, or was told that of the event, gets nothing. The rest is as `tell` has it."""
    wanted = set(user_ids)
    told = sorted(wanted - inactive_among(event.realm, wanted))
    if told:
        _tell(work, event, notice_type, told, payload, more or _NOTHING,
              contacts_of(event.realm, told) if by_letter else [])


def write_to(work: UnitOfWork, contacts: Iterable[Wire], notice_type: str, facts: Facts, *, event: Event,
             otherwise: LetterTemplate | None = None) -> None:
    """Post the letter of a kind of notice, unless its person wants none; one that goes by no letter goes out as
    `otherwise`, or not at all."""
    kind, to = kind_of(event.realm, notice_type), list(contacts)
    words = kind.words if kind.by_letter else otherwise
    if words is not None:
        wanted = wanted_of(event.realm, [contact["id"] for contact in to])
        _post(work, event, notice_type, words, [contact for contact in to if wanted[contact["id"]].mode(
            notice_type, rules.EMAIL, rules.ON) != rules.OFF], facts, wanted)


def _tell(work: UnitOfWork, event: Event, notice_type: str, user_ids: Sequence[str], payload: Facts, more: Facts,
          contacts: Sequence[Wire]) -> None:
    """Tell these people, who are active, by the ways that each wants; `contacts` are those of who may get a letter."""
    wanted = wanted_of(event.realm, user_ids)
    new = _keep_new(work, event, notice_type, user_ids, payload, wanted)
    mode = {user_id: wanted[user_id].mode(notice_type, rules.EMAIL) for user_id in new}
    proved = [contact for contact in contacts if contact["id"] in new and contact["emailVerified"]]
    facts, words = {**payload, **more}, kind_of(event.realm, notice_type).words
    _post(work, event, notice_type, words, [one for one in proved if mode[one["id"]] == rules.ON], facts, wanted)
    _put_aside(work, event, notice_type, [one["id"] for one in proved if mode[one["id"]] == rules.DIGEST], payload,
               wanted)
    _push(work, event, notice_type, words, [user_id for user_id in new if wanted[user_id].mode(
        notice_type, rules.PUSH) == rules.ON], facts, wanted)


def _keep_new(work: UnitOfWork, event: Event, notice_type: str, user_ids: Sequence[str], payload: Facts,
              wanted: Mapping[str, Wanted]) -> list[str]:
    """Store the notice for those who have not been told and want it in the app; returns who has not been told."""
    store = store_of(event.realm)
    told = store.notified(work, event, notice_type, user_ids)
    new = [user_id for user_id in user_ids if user_id not in told]
    shown = [user_id for user_id in new if wanted[user_id].mode(notice_type, rules.IN_APP) == rules.ON]
    if shown and store.is_kept():
        store.keep(work, event, notice_type, shown, payload)
        count_unread_of(work, shown, 1)
    return new


def _post(work: UnitOfWork, event: Event, notice_type: str, words: LetterTemplate, contacts: Sequence[Wire],
          facts: Facts, wanted: Mapping[str, Wanted]) -> None:
    if contacts:
        owe(work, realm=event.realm, channel=EMAIL, name=notice_type, cause=event.event_id, kind=NOTICE, letters={
            Recipient(one["email"], one["id"]): write_letter(
                greeted(words), {**facts, "fullname": one["fullname"]}, wanted[one["id"]].locale, event.realm)
            for one in contacts})


def _push(work: UnitOfWork, event: Event, notice_type: str, words: LetterTemplate, user_ids: Sequence[str],
          facts: Facts, wanted: Mapping[str, Wanted]) -> None:
    devices = devices_of(event.realm, user_ids) if user_ids and reaches(PUSH) else ()
    if devices:
        about = {name: value for name, value in facts.items() if name.endswith("Id") and isinstance(value, str)}
        owe(work, realm=event.realm, channel=PUSH, name=notice_type, cause=event.event_id, kind=NOTICE,
            data={"type": notice_type, **about}, letters={
                Recipient(device.id, device.user_id): write_push(words, facts, wanted[device.user_id].locale,
                                                                 event.realm) for device in devices})


def _put_aside(work: UnitOfWork, event: Event, notice_type: str, user_ids: Sequence[str], payload: Facts,
               wanted: Mapping[str, Wanted]) -> None:
    """Keep for the digest what has not been kept of this event yet."""
    if not user_ids:
        return
    kept = {row.user_id for row in work.rows(select(DigestItem.user_id).where(
        DigestItem.event_id == event.event_id, DigestItem.notice_type == notice_type,
        DigestItem.user_id.in_(user_ids)))}
    new = [user_id for user_id in user_ids if user_id not in kept]
    if new:
        moment = now()
        work.execute(insert(DigestItem).values([{
            "id": uuid7(), "realm": event.realm, "user_id": user_id, "notice_type": notice_type,
            "payload": dict(payload), "event_id": event.event_id, "due_at": wanted[user_id].next_digest(),
            "created_at": moment} for user_id in new]))
