"""How people want to be told: of each type over each channel, in which language, when their digest comes (FD-23).

Codes, letters about the account and what moderation did are no types: nobody can switch them off."""
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import InvalidInput
from app.notify.letter_templates import known_locales, usual_locale
from app.notify.notice_kinds import NoticeKinds
from app.runtime import runtime
from blueprints.platform.notification.models import DigestItem, NoticePreference, NoticeSetting
from blueprints.platform.notification.rules import (
    CHANNELS,
    DEFAULT,
    DIGEST,
    EMAIL,
    EVERY_TYPE,
    IN_APP,
    OFF,
    ON,
    USUAL_HOUR,
    Wishes,
    mode_of,
    modes_of,
    next_digest,
)
from blueprints.platform.notification.words import SYSTEM_ALERT, kind_of


@dataclass(frozen=True)
class Wanted:
    """How one person wants to be told."""

    realm: str
    wishes: Wishes
    locale: str
    zone: tzinfo
    digest_hour: int
    muted_until: datetime | None = None

    def mode(self, notice_type: str, channel: str, usual: str = "") -> str:
        """Return on, off or digest; while the person has muted all, letters and push are off.

        `usual` is what holds where the person chose nothing: without it, what the kind says."""
        usual = usual or _usual(self.realm, notice_type, channel)
        if channel != IN_APP and self.muted_until is not None and self.muted_until > now():
            return OFF
        return mode_of(self.wishes, notice_type, channel, usual, SYSTEM_ALERT)

    def next_digest(self) -> datetime:
        """Return when the next digest of this person is due."""
        return next_digest(now(), self.zone, self.digest_hour)


def wanted_of(realm: str, user_ids: Collection[str]) -> Mapping[str, Wanted]:
    """Return how each of these people wants to be told, in two statements."""
    mine = NoticePreference.realm == realm, NoticePreference.user_id.in_(user_ids)
    wishes: dict[str, dict[tuple[str, str], str]] = {user_id: {} for user_id in user_ids}
    for row in fetch(select(*NoticePreference.__table__.columns).where(*mine)) if user_ids else ():
        wishes[row.user_id][row.notice_type, row.channel] = row.mode
    settings = {row.user_id: row for row in fetch(select(*NoticeSetting.__table__.columns).where(
        NoticeSetting.realm == realm, NoticeSetting.user_id.in_(user_ids)))} if user_ids else {}
    return {user_id: _wanted(realm, wishes[user_id], settings.get(user_id)) for user_id in user_ids}


def locales_of(realm: str, user_ids: Collection[str]) -> dict[str, str]:
    """Return the language in which each of these people is told."""
    chosen = {row.user_id: row.locale for row in fetch(select(NoticeSetting.user_id, NoticeSetting.locale).where(
        NoticeSetting.realm == realm, NoticeSetting.user_id.in_(user_ids)))}
    return {user_id: chosen.get(user_id) or usual_locale() for user_id in user_ids}


def _wanted(realm: str, wishes: Wishes, setting: Any) -> Wanted:
    zone = runtime().settings.zone_of(realm) if setting is None or setting.time_zone is None else ZoneInfo(
        setting.time_zone)
    if setting is None:
        return Wanted(realm, wishes, usual_locale(), zone, USUAL_HOUR)
    hour = USUAL_HOUR if setting.digest_hour is None else setting.digest_hour
    return Wanted(realm, wishes, setting.locale or usual_locale(), zone, hour, setting.muted_until)


def preferences_of(actor: Actor) -> dict[str, Any]:
    """Return how the actor is told of everything that there is to tell in the realm, and what may be chosen."""
    user_id = str(actor.user_id)
    wanted = wanted_of(actor.realm, [user_id])[user_id]
    return {
        "locale": wanted.locale, "locales": known_locales(), "timeZone": str(wanted.zone),
        "digestHour": wanted.digest_hour, "mutedUntil": iso(wanted.muted_until),
        "preferences": [{
            "type": name, "channel": channel, "mode": wanted.wishes.get((name, channel), DEFAULT),
            "effective": mode_of(wanted.wishes, name, channel, _usual(actor.realm, name, channel), SYSTEM_ALERT),
            "options": [*modes_of(name, channel, SYSTEM_ALERT), DEFAULT]}
            for name in (EVERY_TYPE, *types_of(actor.realm)) for channel in CHANNELS]}


def types_of(realm: str) -> list[str]:
    """Return the types of notices that a realm has."""
    return sorted(name for of, name in runtime().part(NoticeKinds) if of == realm)


def change_preferences(actor: Actor, choices: Iterable[Mapping[str, str]] = (), **settings: Any) -> None:
    """Store how the actor wants to be told; what is not named stays as it is. The same again changes nothing.

    `settings`: locale, time_zone, digest_hour, muted_until. Raises InvalidInput that names what cannot be chosen."""
    chosen = [_checked(actor.realm, place, **choice) for place, choice in enumerate(choices, 1)]
    with unit_of_work(actor) as work:
        _choose(work, actor.realm, str(actor.user_id), chosen)
        if settings:
            _set(work, actor.realm, str(actor.user_id), settings)
        _move_digest(work, actor.realm, str(actor.user_id))
        work.commit()


def switch_off(work: UnitOfWork, user_id: str, name: str, channel: str) -> None:
    """Send this person of the actor's realm no such message any more: by the name of its template, DIGEST for all
    digests, NONE for what staff send (FD-25). A name that is no type, such as that of a code, changes nothing."""
    realm = work.actor.realm
    name = SYSTEM_ALERT if name == "NONE" else name
    if name == "DIGEST":
        work.execute(update(NoticePreference).where(
            NoticePreference.realm == realm, NoticePreference.user_id == user_id, NoticePreference.mode == DIGEST)
            .values(mode=OFF).execution_options(synchronize_session=False))
        work.execute(delete(DigestItem).where(DigestItem.realm == realm, DigestItem.user_id == user_id)
                     .execution_options(synchronize_session=False))
    elif name in types_of(realm) and OFF in modes_of(name, channel, SYSTEM_ALERT):
        _choose(work, realm, user_id, [(name, channel, OFF)])


def _usual(realm: str, name: str, channel: str) -> str:
    return ON if channel == IN_APP or name == EVERY_TYPE or kind_of(realm, name).by_letter else OFF


def _checked(realm: str, place: int, type: str, channel: str, mode: str) -> tuple[str, str, str]:
    known = (EVERY_TYPE, *types_of(realm))
    allowed = (*modes_of(type, channel, SYSTEM_ALERT), DEFAULT)
    if type not in known:
        raise _unknown(f"choice {place}: type: expected one of {', '.join(known)}; what else we write cannot be "
                       "switched off")
    if mode not in allowed:
        raise _unknown(f"choice {place}: mode: expected one of {', '.join(allowed)} for {type} over {channel}")
    return type, channel, mode


def _unknown(said: str) -> InvalidInput:
    return InvalidInput(f"preferences: {said}", detail={"preferences": said})


def _choose(work: UnitOfWork, realm: str, user_id: str, chosen: Iterable[tuple[str, str, str]]) -> None:
    for name, channel, mode in sorted(chosen):  # in one order, whoever does it at the same time
        if mode == DEFAULT:
            work.execute(delete(NoticePreference).where(
                NoticePreference.realm == realm, NoticePreference.user_id == user_id,
                NoticePreference.notice_type == name, NoticePreference.channel == channel)
                .execution_options(synchronize_session=False))
        else:
            work.execute(upsert(NoticePreference).values(
                realm=realm, user_id=user_id, notice_type=name, channel=channel, mode=mode).on_conflict_do_update(
                index_elements=["realm", "user_id", "notice_type", "channel"], set_={"mode": mode}))


def _set(work: UnitOfWork, realm: str, user_id: str, settings: Mapping[str, Any]) -> None:
    work.execute(upsert(NoticeSetting).values(realm=realm, user_id=user_id, **settings).on_conflict_do_update(
        index_elements=["realm", "user_id"], set_=dict(settings)))


def _move_digest(work: UnitOfWork, realm: str, user_id: str) -> None:
    """Have what waits for the person's digest come at the hour that holds now; what nobody wants in it any more goes.

    The transaction has written the wishes, so it reads them itself."""
    work.flush()
    wishes = {(row.notice_type, row.channel): row.mode for row in work.rows(select(
        NoticePreference.notice_type, NoticePreference.channel, NoticePreference.mode).where(
        NoticePreference.realm == realm, NoticePreference.user_id == user_id))}
    [setting] = work.rows(select(*NoticeSetting.__table__.columns).where(
        NoticeSetting.realm == realm, NoticeSetting.user_id == user_id)) or [None]
    wanted = _wanted(realm, wishes, setting)
    unwanted = [name for name in types_of(realm) if mode_of(
        wishes, name, EMAIL, _usual(realm, name, EMAIL), SYSTEM_ALERT) != DIGEST]
    mine = DigestItem.realm == realm, DigestItem.user_id == user_id
    work.execute(delete(DigestItem).where(*mine, DigestItem.notice_type.in_(unwanted))
                 .execution_options(synchronize_session=False))
    work.execute(update(DigestItem).where(*mine).values(due_at=wanted.next_digest())
                 .execution_options(synchronize_session=False))
