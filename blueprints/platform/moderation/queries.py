"""A case with all that staff decide by. The queue stands in case_queue.py, one's own reports in own_reports.py."""
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, select

from app.actor import Actor
from app.clock import now
from app.data.columns import iso, read_instant
from app.data.moderated_kinds import Subject
from app.data.reads import fetch, fetch_one, get_row
from app.data.serialization import Wire, row_serializer
from app.errors import InvalidInput, NotFound
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.case_file_models import CaseNote, Evidence
from blueprints.platform.moderation.case_queue import case_as_it_is, case_subject, titles_of
from blueprints.platform.moderation.ladder import proposal
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.rules import ACTS_ON_PEOPLE
from blueprints.platform.moderation.strike_models import Strike
from blueprints.platform.moderation.strike_queries import active_strikes
from blueprints.platform.moderation.strikes import without_strike
from blueprints.platform.moderation.subjects import find_subject
from blueprints.platform.people.briefs import user_briefs

if TYPE_CHECKING:  # the queue is listed without what acts need
    from blueprints.platform.moderation.acts import ActOrder

_MOST = 100
"""How many reports, notes, acts and copies a case shows; of the person's record the latest so many."""


def waiting_cases_of(realm: str, user_id: str) -> list[str]:
    """Return a sentence where staff have a case about a person to close; not which, nor why (docs/decisions/099)."""
    waits = fetch_one(select(Case.id).where(
        Case.realm == realm, Case.person_id == user_id, Case.is_pending.is_(True)))
    return ["staff have a case about this person to close"] if waits else []


def get_case(actor: Actor, number: int) -> tuple[Wire, dict[str, Any], Subject | None]:
    """Return a case, what staff decide it by, and its thing as it is now; case_reading.py has it for whoever looks.

    Beside the row: thing, person, record of the person, reports with who reported (none to whom they are about),
    notes, acts, strikes, proposal of the ladder, evidence; of an appeal what it says, and the acts it is against.
    Raises NotFound."""
    found = fetch(select(Case.id).where(Case.realm == actor.realm, Case.number == number))
    if not found:
        raise NotFound
    row = case_as_it_is(get_row(Case, found[0].id))
    subject = find_subject(actor, row["entityType"], row["entityId"])
    is_own = actor.is_user(row["personId"]) and not actor.is_super_admin  # who reported stays hidden from them (M-20)
    reports, notes = [] if is_own else _reports(row["id"]), _notes(row["id"])
    briefs = user_briefs(actor.realm, [row["personId"], *(one["reporterId"] for one in reports),
                                       *(one["authorId"] for one in notes)])
    appeal = _appeal(actor.realm, row["id"]) if row["kind"] == "APPEAL" else None
    row["title"] = subject.title if subject and appeal is None else titles_of([row["id"]]).get(row["id"])
    return row, {
        "thing": None if subject is None else {"title": subject.title, "content": dict(subject.content),
                                               "held": subject.held, "isActive": subject.is_active},
        "person": briefs.get(row["personId"]),
        "record": _record(actor.realm, row),
        "reports": [one | {"reporter": briefs.get(one["reporterId"])} for one in reports],
        "notes": [one | {"author": briefs.get(one["authorId"])} for one in notes],
        "acts": _rows(Act, Act.case_id == row["id"], order=Act.number),
        "strikes": _strikes(actor.realm, row["personId"]),
        "proposal": _proposal(actor.realm, row["personId"]),
        "evidence": _evidence(row["id"]),
        "appeal": appeal,
    }, subject


def case_of_appeal(realm: str, number: int) -> int:
    """Return the number of the case in which an appeal is judged; raises NotFound."""
    found = fetch(select(Case.number).join(Appeal, Appeal.case_id == Case.id).where(
        Appeal.realm == realm, Appeal.number == number))
    if not found:
        raise NotFound
    return int(found[0].number)


def order_in_case(realm: str, number: int, *, kind: str, entity_type: str | None = None, entity_id: str | None = None,
                  **terms: Any) -> "ActOrder":
    """Return an act that resolves a case: to the thing it names, else to that of the case, or to its person.

    `terms` are the others of ActOrder. Raises NotFound, InvalidInput for an act on the person of a case of nobody."""
    from blueprints.platform.moderation.acts import ActOrder

    if entity_type is None or entity_id is None:
        entity_type, entity_id, person_id = case_subject(realm, number)
        if kind in ACTS_ON_PEOPLE:
            if person_id is None:
                raise InvalidInput("errMsg_caseConcernsNobody", detail={"acts": f"case {number} concerns nobody"})
            entity_type, entity_id = "USER", person_id
    return ActOrder(kind, entity_type, entity_id, **terms)


def _rows(model: Any, *where: ColumnElement[bool], order: Any) -> list[Wire]:
    shape = row_serializer(model)
    found = fetch(select(*shape.columns).where(*where).order_by(order).limit(_MOST))
    return [shape.row(tuple(row)) for row in found]


def _reports(case_id: str) -> list[Wire]:
    shape = row_serializer(Report)
    rows = fetch(select(*shape.columns, Report.reporter_id.label("reporter"), ReporterRecord.upheld,
                        ReporterRecord.declined)
                 .outerjoin(ReporterRecord, and_(ReporterRecord.realm == Report.realm,
                                                 ReporterRecord.person_id == Report.reporter_id))
                 .where(Report.case_id == case_id).order_by(Report.id).limit(_MOST))
    return [shape.row(tuple(row)[:-3]) | {"reporterId": row.reporter, "reporterUpheld": row.upheld or 0,
                                          "reporterDeclined": row.declined or 0} for row in rows]


def _notes(case_id: str) -> list[Wire]:
    rows = fetch(select(CaseNote.id, CaseNote.kind, CaseNote.author_id, CaseNote.written_at, CaseNote.text).where(
        CaseNote.case_id == case_id).order_by(CaseNote.id).limit(_MOST))
    return [{"id": row.id, "kind": row.kind, "authorId": row.author_id, "writtenAt": iso(read_instant(row.written_at)),
             "text": row.text} for row in rows]


def _evidence(case_id: str) -> list[Wire]:
    rows = fetch(select(Evidence.id, Evidence.taken_at, Evidence.title, Evidence.content, Evidence.digest,
                        Evidence.keep_until).where(Evidence.case_id == case_id).order_by(Evidence.id).limit(_MOST))
    return [{"id": row.id, "takenAt": iso(read_instant(row.taken_at)), "title": row.title, "content": row.content,
             "digest": row.digest, "keepUntil": iso(read_instant(row.keep_until))} for row in rows]


def _appeal(realm: str, case_id: str) -> Wire | None:
    """Return the appeal that a case is about, with the case and the acts it is against."""
    shape = row_serializer(Appeal)
    appeals = [shape.row(tuple(row)) for row in fetch(select(*shape.columns).where(Appeal.case_id == case_id))]
    if not appeals:
        return None
    appeal, about = appeals[0], Act.realm == realm
    if appeal["strikeNumber"] is not None:
        contested = about & (Act.strike_number == appeal["strikeNumber"]) & (Act.person_id == appeal["personId"])
    else:
        struck = fetch(select(Act.case_number).where(about, Act.number == appeal["actNumber"]))
        contested = without_strike(realm, appeal["personId"], struck[0].case_number)
    return appeal | {"acts": _rows(Act, contested, order=Act.number)}


def _strikes(realm: str, person_id: str | None) -> list[Wire]:
    if person_id is None:
        return []
    return _rows(Strike, Strike.realm == realm, Strike.person_id == person_id, Strike.state == "ACTIVE",
                 Strike.lapses_at > now(), order=Strike.lapses_at)


def _proposal(realm: str, person_id: str | None) -> Wire | None:
    """Return what the ladder proposes, None where it proposes nothing; it never acts (M-16)."""
    proposed = None if person_id is None else proposal(realm, active_strikes(realm, person_id))
    return None if proposed is None else {"strikes": proposed.strikes, "kind": proposed.kind, "days": proposed.days}


def _record(realm: str, row: Wire) -> Wire:
    """Return what the person was judged for before: how many cases, and the latest acts in others than this one."""
    if row["personId"] is None:
        return {"cases": 0, "acts": []}
    counted = fetch(select(func.count()).select_from(Case).where(
        Case.realm == realm, Case.person_id == row["personId"], Case.id != row["id"]))
    acts = _rows(Act, Act.realm == realm, Act.person_id == row["personId"], Act.case_id != row["id"],
                 order=Act.number.desc())
    return {"cases": counted[0][0], "acts": acts}
