"""How reports, cases, acts, strikes and appeals are read; what a case holds, staff read where reading is audited."""
from app.data.visibility import ReadObject
from app.identity.access import staff
from blueprints.platform.moderation.appeals import APPEAL_FILTERS
from blueprints.platform.moderation.queries import CASE_FILTERS, REPORT_FILTERS
from blueprints.platform.moderation.visibility import ACTS, APPEALS, CASES, REPORTS, STRIKES

READABLE = (
    ReadObject(REPORTS, facets=("entityType", "reason", "state"), filters=REPORT_FILTERS),
    ReadObject(CASES, who=staff, facets=("kind", "entityType", "state"), filters=CASE_FILTERS),
    ReadObject(ACTS, who=staff, facets=("kind", "entityType", "state")),
    ReadObject(STRIKES, facets=("actKind", "state")),
    ReadObject(APPEALS, facets=("state",), filters=APPEAL_FILTERS),
)
