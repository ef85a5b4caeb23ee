"""What staff put right in other services: the effect by that service's own command, and its entry in the record.

Both are one transaction (rules-marketplace §1.3): a refused correction leaves no entry. Only fix_payment asks somebody
outside, the payment gateway, and never while a transaction is open."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.actor import Actor
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from blueprints.marketplace.admin_moderation.commands import record_action
from blueprints.marketplace.admin_moderation.rules import EVERYTHING
from blueprints.marketplace.feedback.commands import override_feedback
from blueprints.marketplace.order_management import paying
from blueprints.marketplace.order_management.commands import ship_order
from blueprints.marketplace.product_listing.commands import remove_media


@dataclass(frozen=True)
class SearchRebuild:
    """How a rebuild of the search records is asked for; searchIndexing, which no service calls, hands it down."""

    ask: Callable[[Actor], object]


def rebuild_search_index(actor: Actor, *, reason: str) -> None:
    """Let all search records be written anew, soon and in the background; the entry says ALL (AM3)."""
    with unit_of_work(actor) as work:
        runtime().part(SearchRebuild).ask(actor)
        record_action(actor, entity_type="SEARCHINDEX", entity_id=EVERYTHING, action_type="INDEX_REBUILD",
                      reason=f"ALL: {reason}")
        work.commit()


def fix_payment(actor: Actor, *, order_id: str, fix_params: dict[str, Any], reason: str,
                key: str | None = None) -> None:
    """Correct an order's payment by the order's own commands, which leave the PAYMENT_FIX entry (M-25).

    `key` is the call's Idempotency-Key. Raises as orderManagement's fix_payment."""
    paying.fix_payment(actor, order_id, reason=reason, key=key, **fix_params)


def correct_feedback(actor: Actor, *, feedback_id: str, update_params: dict[str, Any], reason: str) -> None:
    """Correct rating or comment of a feedback by its own command, which leaves the FEEDBACK_OVERRIDE entry.

    Raises NotFound."""
    override_feedback(actor, feedback_id, reason=reason, **update_params)


def ship_for_seller(actor: Actor, order_id: str, *, carrier: str, tracking_number: str, reason: str) -> None:
    """Ship a paid order in its seller's place (moderation.md M-8), with its MANUAL_CORRECTION entry.

    Raises NotFound, Forbidden (not staff), RuleViolated (an order that cannot be shipped)."""
    with unit_of_work(actor) as work:
        ship_order(actor, order_id, carrier=carrier, tracking_number=tracking_number)
        record_action(actor, entity_type="ORDER", entity_id=order_id, action_type="MANUAL_CORRECTION",
                      reason=f"{reason}: shipped by {carrier}, {tracking_number}")
        work.commit()


def flag_media(actor: Actor, *, media_asset_id: str, reason: str) -> None:
    """Remove a media asset, also from the listings that show it. Raises NotFound."""
    with unit_of_work(actor) as work:
        remove_media(actor, media_asset_id)
        record_action(actor, entity_type="MEDIA", entity_id=media_asset_id, action_type="MEDIA_FLAG", reason=reason)
        work.commit()
