"""Orders that wait for a suspended seller become cases, so that staff ship for him (moderation.md M-8)."""
from collections.abc import Collection

from sqlalchemy import select

from app.actor import Actor
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from blueprints.platform.moderation.cases import open_case
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.rules import REASON_WEIGHTS
from blueprints.platform.moderation.subjects import find_subject


def orders_without_case(realm: str, order_ids: Collection[str]) -> list[str]:
    """Return which of these orders never had a case of kind ORDER, in their order, by one statement."""
    known = {row.entity_id for row in fetch(select(Case.entity_id).where(
        Case.realm == realm, Case.entity_type == "ORDER", Case.entity_id.in_(order_ids), Case.kind == "ORDER"))}
    return [order_id for order_id in order_ids if order_id not in known]


def open_order_case(actor: Actor, order_id: str) -> int:
    """Open a case of kind ORDER, or join the one of the order that waits; returns its number."""
    subject = find_subject(actor, "ORDER", order_id)
    with unit_of_work(actor) as work:
        case = open_case(work, kind="ORDER", entity_type="ORDER", entity_id=order_id, subject=subject,
                         worst=REASON_WEIGHTS["OTHER"])
        work.commit()
    return case.number
