"""What people are told of a bulk: one letter to each, that names all their things (M-31; docs/decisions/080).

Whoever runs a bulk owes the letters as due work: at once when it is through, after a while when it broke off. An item
knows the state of which its person was written to last, so nobody is told a thing twice."""
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update

from app.clock import now
from app.data.reads import fetch_one
from app.data.unit_of_work import UnitOfWork
from app.notify.letters import Letter, write_letter
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.bulk_models import Bulk, BulkItem
from blueprints.platform.moderation.letters import STATEMENT, TAKEN_BACK
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.sentences import (
    MOST_NAMED,
    Measure,
    cases_named,
    effect_on_all,
    origin_of,
    summary_of_all,
)
from blueprints.platform.moderation.statements import (
    post,
    promised,
    reasons,
    record_of,
    titles_for,
)
from blueprints.platform.moderation.strikes import strike_left_by

BULK_LETTERS = "bulk-letters"
BROKEN_OFF_FOR = timedelta(minutes=30)
"""After so long without going on a bulk has broken off: what it has done by then is told."""
PEOPLE_AT_ONCE = 20
"""How many people one transaction writes to."""
DONE, UNDONE = "done", "undone"
_OWED = or_(and_(BulkItem.state == DONE, BulkItem.announced.is_(None)),
            and_(BulkItem.state == UNDONE, BulkItem.announced.is_distinct_from(UNDONE)))


def owe_letters(work: UnitOfWork, bulk_id: str, *, is_through: bool) -> None:
    """Owe the letters of a bulk: now when it is through, else for when it does not go on."""
    work.schedule(BULK_LETTERS, bulk_id, now() if is_through else now() + BROKEN_OFF_FOR)


def write_letters(work: UnitOfWork, bulk_id: str) -> None:
    """Write to the first PEOPLE_AT_ONCE whom a bulk owes a letter, and owe the rest anew."""
    people = [row.person_id for row in work.rows(
        select(Act.person_id).join(BulkItem, _is_item_of(Act)).where(
            Act.parent_id == bulk_id, Act.person_id.is_not(None), _OWED)
        .distinct().order_by(Act.person_id).limit(PEOPLE_AT_ONCE + 1))]
    for person_id in people[:PEOPLE_AT_ONCE]:
        _write_to(work, bulk_id, person_id)
    if len(people) > PEOPLE_AT_ONCE:
        owe_letters(work, bulk_id, is_through=True)


def has_letter_of_its_own(work: UnitOfWork, act: Act) -> bool:
    """Return whether the undo of an act is told by a letter of its own: not when a bulk undoes it with others.

    The bulk does not tell it once more then."""
    if act.parent_id is None:
        return True
    item = (BulkItem.bulk_id == act.parent_id, BulkItem.act_number == act.number)
    if work.rows(select(BulkItem.state).where(*item, BulkItem.state == UNDONE)):
        return False
    work.execute(update(BulkItem).where(*item).values(announced=UNDONE))
    return True


def preview(realm: str, kind: str, person_id: str, things: Sequence[tuple[str, str]], *, reason: str,
            rule: str | None, days: int | None, strike: bool | None) -> Letter:
    """Return the letter that a bulk of this kind would send a person for these things (entity type, id), at least one.

    What is made with the acts is missing: the numbers of cases and strike, the link to appeal."""
    reported = fetch_one(select(Case.id).where(
        Case.realm == realm, tuple_(Case.entity_type, Case.entity_id).in_(things), Case.is_pending.is_(True),
        Case.report_count > 0))
    until = now() + timedelta(days=days) if days else None
    measures = _measures(realm, person_id, things, [(kind, until) for _ in things])
    text = reasons(realm, effect_on_all(measures), reason=reason, rule=rule, record=promised([kind], strike),
                   origin=origin_of("OWN", was_reported=reported is not None, by_machine=False), named="")
    contact = contact_of(realm, person_id)
    return write_letter(STATEMENT, {"subject": summary_of_all(measures), "text": text,
                                   "fullname": contact["fullname"] if contact else None})


def _write_to(work: UnitOfWork, bulk_id: str, person_id: str) -> None:
    """Write to a person of what was done, and of what was taken back."""
    bulk: Any = work.rows(select(*Bulk.__table__.columns).where(Bulk.id == bulk_id))[0]
    for state, tell in ((DONE, _tell_done), (UNDONE, _tell_undone)):
        acts = work.all(select(Act).join(BulkItem, _is_item_of(Act)).where(
            Act.parent_id == bulk_id, Act.person_id == person_id, BulkItem.state == state, _OWED).order_by(Act.number))
        if acts:
            tell(work, bulk, person_id, acts)
            for first in range(0, len(acts), MOST_NAMED):
                _announce(work, bulk_id, [act.number for act in acts[first:first + MOST_NAMED]], state)


def _tell_done(work: UnitOfWork, bulk: Any, person_id: str, acts: Sequence[Act]) -> None:
    measures, cases = _measures_of(bulk.realm, person_id, acts), cases_named([act.case_number for act in acts])
    reports = work.rows(select(func.max(Case.report_count)).join(Act, Act.case_id == Case.id).where(
        Act.parent_id == bulk.id, Act.person_id == person_id))[0][0]
    text = reasons(bulk.realm, effect_on_all(measures), reason=bulk.reason, rule=bulk.rule,
                   origin=origin_of("OWN", was_reported=bool(reports), by_machine=acts[0].by_machine),
                   record=record_of(strike_left_by(work, acts), acts),
                   named=f"This is {cases}." if len(acts) == 1 else f"These are {cases}.")
    post(work, bulk.realm, person_id, STATEMENT, f"{summary_of_all(measures)} ({cases})", text,
         _cause(bulk, acts, DONE))


def _tell_undone(work: UnitOfWork, bulk: Any, person_id: str, acts: Sequence[Act]) -> None:
    was = effect_on_all(_measures_of(bulk.realm, person_id, acts))
    text = f"This does not hold any more:\n{was}\n\nWhy: {bulk.undo_reason or bulk.reason}"
    post(work, bulk.realm, person_id, TAKEN_BACK, f"Taken back: {cases_named([act.case_number for act in acts])}",
         text, _cause(bulk, acts, UNDONE))


def _cause(bulk: Any, acts: Sequence[Act], state: str) -> str:
    return f"moderation-bulk {bulk.id} {state} a{acts[0].number}"


def _measures_of(realm: str, person_id: str, acts: Sequence[Act]) -> list[Measure]:
    return _measures(realm, person_id, [(act.entity_type, act.entity_id) for act in acts],
                     [(act.kind, act.until) for act in acts])


def _measures(realm: str, person_id: str, things: Sequence[tuple[str, str]],
              done: Sequence[tuple[str, Any]]) -> list[Measure]:
    """Return what was done to each thing; only those that a letter names are read for their titles."""
    titles = titles_for(realm, person_id, things[:MOST_NAMED])
    titles += [""] * (len(things) - len(titles))
    return [Measure(realm, kind, thing[0], title, until)
            for thing, title, (kind, until) in zip(things, titles, done, strict=True)]


def _announce(work: UnitOfWork, bulk_id: str, numbers: Collection[int], state: str) -> None:
    work.execute(update(BulkItem).where(BulkItem.bulk_id == bulk_id, BulkItem.act_number.in_(numbers),
                                        BulkItem.state == state).values(announced=state))


def _is_item_of(act: type[Act]) -> ColumnElement[bool]:
    return and_(BulkItem.bulk_id == act.parent_id, BulkItem.act_number == act.number)
