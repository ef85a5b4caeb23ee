"""URL map of moderation, the same in every realm; it stands at adminModeration's mount (moderation.md, Routes)."""
from typing import Any

from app.actor import Actor
from app.data.reads.read_request import ReadRequest
from app.data.serialization import row_serializer
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.naming import ApiNames
from blueprints.platform.moderation import (
    acts,
    case_queue,
    cases,
    own_reports,
    queries,
    reports,
    routes_appeals,
    routes_audit,
    routes_words,
    schemas,
)
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.case_reading import read_case
from blueprints.platform.moderation.cases import Resolution
from blueprints.platform.moderation.counters import read_number
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.policies import POLICIES
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.strike_models import Strike

api = Routes(POLICIES, {
    "takeModerationCase": ApiNames(event="moderationcase-taken"),
    "releaseModerationCase": ApiNames(event="moderationcase-released"),
    "noteModerationCase": ApiNames(event="moderationcase-noted"),
    "askModerationCase": ApiNames(event="moderationcase-asked"),
    "dismissModerationCase": ApiNames(event="moderationcase-dismissed"),
    "resolveModerationCase": ApiNames(event="moderationcase-resolved"),
    "undoModerationAct": ApiNames(event="moderationact-undone"),
})
for part in (routes_appeals, routes_audit, routes_words):
    api.include(part.api)
_CASE = "/v1/cases/{caseNumber}"
_BY_NUMBER: dict[str, Any] = {"returns": Case, "text_parameters": ("caseNumber",)}
_CHANGES_CASE: dict[str, Any] = {**_BY_NUMBER, "method": "POST"}
_LIST: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_PERHAPS: dict[str, Any] = {"type": ["object", "null"]}
_DONE = {"acts": _LIST, "strike": _PERHAPS,
         "told": {"type": "integer", "description": "how many who reported it are told the outcome"}}
_SHOWN = {"thing": _PERHAPS, "person": _PERHAPS, "record": {"type": "object"}, "reports": _LIST, "notes": _LIST,
          "acts": _LIST, "strikes": _LIST, "proposal": _PERHAPS, "evidence": _LIST, "appeal": _PERHAPS}


@api.create("/v1/reports", name="createReport", body=schemas.NewReport, returns=Report)
def create_report(actor: Actor, data: dict[str, Any]) -> Answer:
    """Report something that breaks the rules; who reported it is known to staff alone."""
    return Answer(reports.report(actor, **data), names_caller=False)


api.list("/v1/reports", own_reports.list_reports, "List the caller's own reports, for staff all, the newest first.",
         name="listReports", returns=Report, filters=own_reports.REPORT_FILTERS)
api.list("/v1/cases", case_queue.list_cases,
         "List the cases that wait, the most urgent first, or closed ones, the latest first.",
         name="listModerationCases", returns=Case, filters=case_queue.CASE_FILTERS, cached=False,
         arguments={"state": "OPEN, ASSIGNED, RESOLVED or DISMISSED; without it all that wait",
                    "mine": "true: those the caller took"})


@api.get(_CASE, name="getModerationCase", extras=_SHOWN, **_BY_NUMBER)
def get_case(actor: Actor, asked: ReadRequest, case_number: str) -> Answer:
    """Get a case with its thing, its person and record, reports, notes, acts, strikes and evidence."""
    row, facts = read_case(actor, read_number(case_number))
    return Answer(row, extras=facts)


@api.update(f"{_CASE}/take", name="takeModerationCase", **_CHANGES_CASE)
def take_case(actor: Actor, data: dict[str, Any], case_number: str) -> Case:
    """Take a case for 24 hours; one that another has is refused with the name."""
    return cases.take(actor, read_number(case_number))


@api.update(f"{_CASE}/release", name="releaseModerationCase", **_CHANGES_CASE)
def release_case(actor: Actor, data: dict[str, Any], case_number: str) -> Case:
    """Give back a case."""
    return cases.release(actor, read_number(case_number))


@api.update(f"{_CASE}/notes", name="noteModerationCase", body=schemas.Note, **_CHANGES_CASE)
def note_case(actor: Actor, data: dict[str, Any], case_number: str) -> Case:
    """Write a note on a case for other staff."""
    return cases.add_note(actor, read_number(case_number), data["text"])


@api.update(f"{_CASE}/ask", name="askModerationCase", body=schemas.Note, **_CHANGES_CASE)
def ask_person(actor: Actor, data: dict[str, Any], case_number: str) -> Case:
    """Ask the person of a case something by letter."""
    return cases.ask(actor, read_number(case_number), data["text"])


@api.update(f"{_CASE}/dismiss", name="dismissModerationCase", body=schemas.Dismissing, **_CHANGES_CASE)
def dismiss_case(actor: Actor, data: dict[str, Any], case_number: str) -> Case:
    """Close a case without an act; its reports are declined."""
    return cases.dismiss(actor, read_number(case_number), **data)


@api.update(f"{_CASE}/resolve", name="resolveModerationCase", body=schemas.Resolving, extras=_DONE, **_CHANGES_CASE)
def resolve_case(actor: Actor, data: dict[str, Any], case_number: str) -> Answer:
    """Resolve a case by one or more acts, in one transaction."""
    number = read_number(case_number)
    ordered = [queries.order_in_case(actor.realm, number, **act) for act in data.pop("acts")]
    done = cases.resolve(actor, number, acts=ordered, **data)
    return Answer(done.case, extras=_outcome(done))


@api.create("/v1/acts", name="createModerationAct", body=schemas.NewAct, returns=Act, extras={
    "moderationCase": {"type": "object"}, **_DONE})
def create_act(actor: Actor, data: dict[str, Any]) -> Answer:
    """Do one act: to what no case is about it opens one and resolves it."""
    reason, rule, strike = data.pop("reason"), data.pop("rule", None), data.pop("strike", None)
    number, order = data.pop("case_number", None), ActOrder(**data)
    if number is None:
        done = cases.act(actor, order, reason=reason, rule=rule, strike=strike)
    else:
        done = cases.resolve(actor, number, acts=[order], reason=reason, rule=rule, strike=strike)
    return Answer(done.acts[0], extras={"moderationCase": row_serializer(Case).entity(done.case)} | _outcome(done))


@api.update("/v1/acts/{actNumber}/undo", name="undoModerationAct", method="POST", body=schemas.UndoingAct, returns=Act,
            text_parameters=("actNumber",), extras={"lost": {"type": "array", "items": {"type": "string"}}})
def undo_act(actor: Actor, data: dict[str, Any], act_number: str) -> Answer:
    """Undo an act; `lost` says what cannot come back."""
    undone = acts.undo(actor, read_number(act_number, "a"), **data)
    return Answer(undone.act, extras={"lost": undone.lost})


def _outcome(done: Resolution) -> dict[str, Any]:
    return {"acts": [row_serializer(Act).entity(act) for act in done.acts], "told": done.informed,
            "strike": None if done.strike is None else row_serializer(Strike).entity(done.strike)}
