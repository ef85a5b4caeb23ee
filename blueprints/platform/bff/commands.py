"""The writes of the BFF: the filters that a person keeps."""
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, select

from app.actor import Actor
from app.clock import now
from app.data.ids import uuid7
from app.data.serialization import Wire
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput, NotFound, RuleViolated
from blueprints.platform.bff.indexes import index_for
from blueprints.platform.bff.models import SavedFilter
from blueprints.platform.bff.queries import conditions_of, saved_filter_row

MOST_SAVED = 200
"""How many filters a person keeps for one index."""
LARGEST_SAVED = 65_536
"""Bytes of the conditions of one kept filter, as JSON: a page of them is one answer."""


def save_filter(actor: Actor, name: str, filter_name: str, conditions: Mapping[str, Any]) -> Wire:
    """Keep conditions for the actor under a name, and return them; several may have the same name.

    Raises as index_for, InvalidInput for conditions that the index does not take, RuleViolated (TooManyFilters)."""
    index = index_for(actor, name)
    conditions_of(index, conditions)
    if len(orjson.dumps(conditions)) > LARGEST_SAVED:
        said = f"expected at most {LARGEST_SAVED} bytes"
        raise InvalidInput(f"conditions: {said}", detail={"conditions": said})
    kept = SavedFilter(id=uuid7(), realm=actor.realm, user_id=str(actor.user_id), index_name=index.name,
                       filter_name=filter_name, conditions=dict(conditions), created_at=now())
    with unit_of_work(actor) as work:
        own = (SavedFilter.realm == actor.realm, SavedFilter.user_id == actor.user_id,
               SavedFilter.index_name == index.name)
        # Of two who save at once the second waits here, and counts what the first has kept.
        work.rows(select(SavedFilter.id).where(*own).order_by(SavedFilter.id).with_for_update())
        [[number]] = work.rows(select(func.count()).where(*own))
        if number >= MOST_SAVED:
            raise RuleViolated("TooManyFilters", f"No more than {MOST_SAVED} filters are kept for one index")
        work.execute(insert(SavedFilter).values({column.key: getattr(kept, column.key)
                                                 for column in SavedFilter.__table__.columns}))
        work.commit()
    return saved_filter_row(kept)


def delete_saved_filter(actor: Actor, name: str, filter_id: str) -> None:
    """Remove a filter that the actor keeps for this index; raises as index_for, and NotFound for any other."""
    index = index_for(actor, name)
    with unit_of_work(actor) as work:
        gone = work.execute(delete(SavedFilter).where(
            SavedFilter.id == filter_id, SavedFilter.realm == actor.realm, SavedFilter.user_id == actor.user_id,
            SavedFilter.index_name == index.name))
        if not gone.rowcount:
            raise NotFound("Filter not found")
        work.commit()
