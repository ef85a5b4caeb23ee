"""The queue of cases, by its index, and what a case is about: who lists cases maps neither reports nor acts."""
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from app.actor import Actor
from app.clock import now
from app.data.columns import parse_iso
from app.data.reads import Listing, fetch, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.errors import InvalidInput, NotFound
from blueprints.platform.moderation.case_file_models import Evidence
from blueprints.platform.moderation.counters import pending_cases
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.rules import CASE_STATES, CLAIM_HOURS, is_claimed

CASE_FILTERS = Filters((equal(Case.kind), equal(Case.entity_type), equal(Case.person_id)))
_QUEUE = (Case.urgency, Case.opened_at, Case.id)
_LATEST_FIRST = (Case.number.desc(), Case.id.desc())


def list_cases(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of cases with the title of each: without `state` those that wait, the most urgent first.

    A claim that has lapsed is none. Raises InvalidInput."""
    state, mine = asked.arguments.get("state"), asked.arguments.get("mine") == "true"
    if state is not None and state not in CASE_STATES:
        said = f"expected one of {', '.join(CASE_STATES)}"
        raise InvalidInput(f"state: {said}", detail={"state": said})
    where = [Case.realm == actor.realm, *_in_state(state), *asked.where]
    if mine:
        where += [Case.assignee_id == actor.user_id, Case.taken_at > _claimed_since()]
    all_that_wait = state is None and not mine and not asked.where
    listing = list_rows(Case, asked.page, *where, order=_QUEUE if _waits(state) else _LATEST_FIRST,
                        counted=(lambda: pending_cases(actor.realm)) if all_that_wait else None)
    listing.rows = cases_as_of_now(listing.rows)
    return listing


def cases_as_of_now(rows: list[Wire]) -> list[Wire]:
    """Return cases with the title of each, in one statement; a claim that has lapsed is none."""
    titles = titles_of([row["id"] for row in rows])
    return [case_as_it_is(row) | {"title": titles.get(row["id"])} for row in rows]


def case_as_it_is(row: Wire) -> Wire:
    """Return the row of a case whose claim, if it has lapsed, is none."""
    taken_at = None if row["takenAt"] is None else parse_iso(row["takenAt"])
    if row["state"] != "ASSIGNED" or is_claimed(taken_at, now()):
        return row
    return row | {"state": "OPEN", "state_idx": CASE_STATES.index("OPEN"), "assigneeId": None, "takenAt": None}


def case_subject(realm: str, number: int) -> tuple[str, str, str | None]:
    """Return entity type and id of a case's thing, and its person; raises NotFound."""
    found = fetch(select(Case.entity_type, Case.entity_id, Case.person_id).where(
        Case.realm == realm, Case.number == number))
    if not found:
        raise NotFound
    return found[0].entity_type, found[0].entity_id, found[0].person_id


def titles_of(case_ids: list[str]) -> dict[str, str | None]:
    """Return what each case is about, by the first copy of it, in one statement."""
    if not case_ids:
        return {}
    rows = fetch(select(Evidence.case_id, Evidence.title).where(Evidence.case_id.in_(case_ids)).order_by(
        Evidence.case_id, Evidence.id.desc()))
    return {row.case_id: row.title for row in rows}


def _in_state(state: str | None) -> list[ColumnElement[bool]]:
    """Return the condition of a state, as it is now that claims have lapsed."""
    if not _waits(state):
        return [Case.is_pending.is_(False), Case.state == state]
    claimed = and_(Case.state == "ASSIGNED", Case.taken_at > _claimed_since())
    waiting: list[ColumnElement[bool]] = [Case.is_pending.is_(True)]
    if state == "ASSIGNED":
        waiting.append(claimed)
    if state == "OPEN":
        waiting.append(or_(Case.state == "OPEN", Case.taken_at.is_(None), Case.taken_at <= _claimed_since()))
    return waiting


def _waits(state: str | None) -> bool:
    return state in (None, "OPEN", "ASSIGNED")


def _claimed_since() -> datetime:
    return now() - timedelta(hours=CLAIM_HOURS)
