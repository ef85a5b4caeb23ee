"""The digest: what a person wants to read once a day, in one letter at the person's hour (front-door.md FD-23).

It says what the app says: who is behind a notice is named where the person may see them now, as in the list."""
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app.actor import Actor, system_actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.notify.letters import greeted, spoken, write_letter
from app.notify.mailbox import Recipient, owe
from app.notify.models import DIGEST, EMAIL
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.notification.models import DigestItem, NoticeSetting
from blueprints.platform.notification.preferences import Wanted, wanted_of
from blueprints.platform.notification.rules import next_digest
from blueprints.platform.notification.words import DIGEST_LETTER, kind_of
from blueprints.platform.people.queries import briefs_for, inactive_among

MOST_LINES = 50
"""How many notices one digest shows, the newest; of more it says how many."""
_AT_ONCE = 500
_PUT_OFF = timedelta(hours=1)


def write_digest(realm: str, user_id: str) -> bool:
    """Write the digest of one person, if one is due and none was written on this date of the person's own calendar.

    The person's row is held meanwhile, so two workers write one. Returns whether a letter is owed."""
    with unit_of_work(system_actor(realm)) as work:
        wanted = wanted_of(realm, [user_id])[user_id]
        today = now().astimezone(wanted.zone).date().isoformat()
        work.execute(upsert(NoticeSetting).values(realm=realm, user_id=user_id).on_conflict_do_nothing())
        setting = work.all(select(NoticeSetting).where(
            NoticeSetting.realm == realm, NoticeSetting.user_id == user_id), lock=True)[0]
        mine = DigestItem.realm == realm, DigestItem.user_id == user_id
        if setting.digested_on == today:
            later = next_digest(now(), wanted.zone, wanted.digest_hour)
            work.execute(update(DigestItem).where(*mine, DigestItem.due_at <= now()).values(due_at=later)
                         .execution_options(synchronize_session=False))
            work.commit()
            return False
        waiting = work.rows(select(DigestItem.id, DigestItem.due_at).where(*mine)
                            .order_by(DigestItem.created_at, DigestItem.id))
        ids = [item.id for item in waiting]
        is_owed = any(item.due_at <= now() for item in waiting) and _write(work, realm, user_id, ids, wanted, today)
        if is_owed:
            setting.digested_on = today
        for start in range(0, len(ids), _AT_ONCE):
            work.execute(delete(DigestItem).where(DigestItem.id.in_(ids[start:start + _AT_ONCE]))
                         .execution_options(synchronize_session=False))
        work.commit()
    return is_owed


def put_off_digest(realm: str, user_id: str) -> None:
    """Let what is due of a person wait for another hour."""
    with unit_of_work(system_actor(realm)) as work:
        work.execute(update(DigestItem).where(
            DigestItem.realm == realm, DigestItem.user_id == user_id, DigestItem.due_at <= now())
            .values(due_at=now() + _PUT_OFF).execution_options(synchronize_session=False))
        work.commit()


def _write(work: UnitOfWork, realm: str, user_id: str, ids: Sequence[str], wanted: Wanted, today: str) -> bool:
    """Owe the letter of what waits, the newest last; returns whether it is owed. Of many only those shown are read."""
    contact = contact_of(realm, user_id)
    is_muted = wanted.muted_until is not None and wanted.muted_until > now()
    if contact is None or not contact["emailVerified"] or is_muted or inactive_among(realm, [user_id]):
        return False
    shown = work.all(select(DigestItem).where(DigestItem.id.in_(ids[-MOST_LINES:]))
                     .order_by(DigestItem.created_at, DigestItem.id))
    facts = {"fullname": contact["fullname"], "number": len(ids), "lines": _lines(realm, user_id, shown, wanted.locale),
             "more": max(0, len(ids) - MOST_LINES)}
    return owe(work, realm=realm, channel=EMAIL, name=DIGEST_LETTER.name, cause=f"digest {user_id} {today}",
               kind=DIGEST, letters={Recipient(contact["email"], user_id): write_letter(
                   greeted(DIGEST_LETTER), facts, wanted.locale, realm)}) == 1


def _lines(realm: str, user_id: str, items: Sequence[DigestItem], locale: str) -> list[str]:
    """Return a line for each notice: what the app says of it, as the person may read it now."""
    reader = Actor(realm, user_id, None, "user")
    behind = {item.id: item.payload.get("actorUserId") for item in items}
    briefs = briefs_for(reader, [person for person in behind.values() if isinstance(person, str)])
    return [_line(realm, item, briefs.get(str(behind[item.id])), locale) for item in items]


def _line(realm: str, item: DigestItem, person: Mapping[str, Any] | None, locale: str) -> str:
    facts = {**item.payload, "name": person["fullname"] if person else ""}
    return spoken(kind_of(realm, item.notice_type).words, facts, locale, realm)[1]
