"""What people have reported, as they see it themselves."""
from app.actor import Actor
from app.data.reads import Listing, list_rows
from app.data.reads.filters import Filters, equal
from app.data.reads.read_request import ReadRequest
from app.data.visibility import seen_by
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.visibility import REPORTS

REPORT_FILTERS = Filters((equal(Report.entity_type), equal(Report.entity_id), equal(Report.state)))
_NEWEST_FIRST = (Report.created_at.desc(), Report.id.desc())


def list_reports(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the actor's own reports, of staff all but those about themselves, the newest first; nobody is
    named in them (M-20)."""
    return list_rows(Report, asked.page, Report.realm == actor.realm, *seen_by(REPORTS, actor), *asked.where,
                     order=_NEWEST_FIRST)
