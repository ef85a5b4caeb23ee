"""How reports, cases, acts, strikes and appeals are read; what a case holds, staff read where reading is audited."""
from app.data.visibility import ReadObject
from app.identity.access import staff
from blueprints.platform.moderation.appeals import APPEAL_FILTERS, with_decisions
from blueprints.platform.moderation.case_queue import CASE_FILTERS, cases_as_of_now
from blueprints.platform.moderation.own_reports import REPORT_FILTERS
from blueprints.platform.moderation.strike_queries import strikes_as_of_now
from blueprints.platform.moderation.visibility import ACTS, APPEALS, CASES, REPORTS, STRIKES

READABLE = (
    ReadObject(REPORTS, facets=("entityType", "reason", "state"), filters=REPORT_FILTERS),
    ReadObject(CASES, who=staff, facets=("kind", "entityType"), filters=CASE_FILTERS,
               changing=("state", "assigneeId", "takenAt"), completed=lambda actor, asked, rows: cases_as_of_now(rows)),
    ReadObject(ACTS, who=staff, facets=("kind", "entityType", "state")),
    ReadObject(STRIKES, facets=("actKind",), changing=("state",),
               completed=lambda actor, asked, rows: strikes_as_of_now(rows)),
    ReadObject(APPEALS, facets=("state",), filters=APPEAL_FILTERS,
               completed=lambda actor, asked, rows: with_decisions(actor, rows),
               adds=("caseNumber", "decidedBy", "isOwnStrike")),
)
