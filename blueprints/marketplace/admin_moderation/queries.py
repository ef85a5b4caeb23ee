"""The reads of adminModeration, for staff only (policies.py)."""
from sqlalchemy import select

from app.actor import Actor
from app.data.ids import MOST_FOUND, SHORT_ID_DIGITS, digits_of, ids_begun
from app.data.reads import Listing, fetch, get_row, list_rows
from app.data.reads.filters import Filters, equal, since, until
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.data.short_ids import last_digits
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.admin_moderation.rules import ENTITY_TYPES

ACTION_FILTERS = Filters((
    equal(ModerationAction.admin_id), equal(ModerationAction.entity_type), equal(ModerationAction.entity_id),
    equal(ModerationAction.action_type), since(ModerationAction.action_timestamp, "dateFrom"),
    until(ModerationAction.action_timestamp, "dateTo")))


def things_named(text: str) -> list[str]:
    """Return the ids of the things in the record that begin with the text or end with its eight digits (M-29).

    At most MOST_FOUND of each; a text that is no part of an id names nothing."""
    ids, digits = ids_begun(text), digits_of(text)
    if ids is None:
        return []
    thing = ModerationAction.entity_id
    # Of every type, so that the index of type and thing is used.
    begun = select(thing).where(ModerationAction.entity_type.in_(ENTITY_TYPES), thing.between(*ids))
    found = [row.entity_id for row in fetch(begun.distinct().order_by(thing).limit(MOST_FOUND))]
    if len(digits) == SHORT_ID_DIGITS:
        ended = select(thing).where(last_digits(thing) == digits).distinct().order_by(thing).limit(MOST_FOUND)
        found += [row.entity_id for row in fetch(ended)]
    return list(dict.fromkeys(found))


def get_action(actor: Actor, action_id: str) -> Wire:
    """Return an entry; raises NotFound."""
    return get_row(ModerationAction, action_id)


def list_actions(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of entries, the most recent first."""
    return list_rows(ModerationAction, asked.page, *asked.where,
                     order=(ModerationAction.action_timestamp.desc(), ModerationAction.id.desc()))
