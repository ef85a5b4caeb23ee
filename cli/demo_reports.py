"""The reports of the demo's people, in both realms."""
from app.actor import Actor
from app.data.reads import Page
from app.data.reads.read_request import ReadRequest
from app.errors import DuplicateRecord
from blueprints.platform.moderation.own_reports import list_reports
from blueprints.platform.moderation.reports import report


def report_once(actor: Actor, entity_type: str, entity_id: str, reason: str, text: str) -> None:
    """Report a thing, unless the person has ever done so; raises DuplicateRecord then, and as `report` does."""
    reported = list_reports(actor, ReadRequest(page=Page(0))).rows
    if any(row["entityId"] == entity_id for row in reported):  # also one that staff have judged
        raise DuplicateRecord("DuplicateReport", "the demo reports it once")
    report(actor, entity_type=entity_type, entity_id=entity_id, reason=reason, text=text)
