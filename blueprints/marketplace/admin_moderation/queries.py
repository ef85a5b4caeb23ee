"""The reads of adminModeration, for staff only (policies.py)."""
from app.actor import Actor
from app.data.reads import Listing, get_row, list_rows
from app.data.reads.filters import Filters, equal, since, until
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from blueprints.marketplace.admin_moderation.models import ModerationAction

ACTION_FILTERS = Filters((
    equal(ModerationAction.admin_id), equal(ModerationAction.entity_type), equal(ModerationAction.entity_id),
    equal(ModerationAction.action_type), since(ModerationAction.action_timestamp, "dateFrom"),
    until(ModerationAction.action_timestamp, "dateTo")))


def get_action(actor: Actor, action_id: str) -> Wire:
    """Return an entry; raises NotFound."""
    return get_row(ModerationAction, action_id)


def list_actions(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of entries, the most recent first."""
    return list_rows(ModerationAction, asked.page, *asked.where,
                     order=(ModerationAction.action_timestamp.desc(), ModerationAction.id.desc()))
