"""What orderManagement does by the clock: orders not paid in time, units to be given back, auctions left unpaid."""
import logging
from datetime import timedelta

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork
from app.errors import ApiError
from app.jobs.schedule import on_due, periodic
from app.runtime import runtime
from blueprints.marketplace.auction_offer.offer_commands import end_unpaid_win
from blueprints.marketplace.order_management import commands
from blueprints.marketplace.order_management.placing import EXPIRE_ORDER
from blueprints.marketplace.order_management.queries import unshipped_orders
from blueprints.marketplace.order_management.settlement import RELEASE_ORDER
from blueprints.marketplace.product_listing.stock import unordered_auctions
from blueprints.platform.moderation.waiting_orders import open_order_case, orders_without_case
from blueprints.platform.people.queries import suspended_people

log = logging.getLogger("guildhall.orders")

REALM = "marketplace"
AT_A_TIME = 500
SHIPPED_WITHIN = timedelta(days=5)
"""How long a suspended seller's paid order may wait before staff look at it (moderation.md M-8)."""


@on_due(EXPIRE_ORDER, realm=REALM)
def expire_due_order(work: UnitOfWork, order_id: str) -> None:
    """Cancel an order whose time to pay is over (decision 15)."""
    commands.expire_order(work, order_id)


@on_due(RELEASE_ORDER, realm=REALM)
def release_due_order(work: UnitOfWork, order_id: str) -> None:
    """Give back the units of a refunded order."""
    commands.release_order(work, order_id)


@periodic("unshipped-orders", realm=REALM, hours=1)
def open_cases_of_unshipped_orders(actor: Actor) -> str:
    """Open a case for each paid order that a suspended seller has not shipped in time: staff ship it (M-8)."""
    sellers, paid_before, last, opened = sorted(suspended_people(REALM)), now() - SHIPPED_WITHIN, "", 0
    while sellers and (waiting := unshipped_orders(sellers, paid_before, last, AT_A_TIME)):
        for order_id in orders_without_case(REALM, waiting):
            open_order_case(actor, order_id)
            opened += 1
        last = waiting[-1]
    return f"{opened} opened"


@periodic("second-chances", realm=REALM, hours=1)
def offer_second_chances(actor: Actor) -> str:
    """End the wins that nobody paid for: the runner-up, if there is one, gets a second chance (decision 12)."""
    overdue = now() - timedelta(days=runtime().settings.unpaid_auction_days)
    offered = 0
    for product_id in unordered_auctions(overdue, AT_A_TIME):
        try:
            offered += end_unpaid_win(actor, product_id) is not None
        except ApiError as reason:
            log.info("no second chance for %s: %s", product_id, reason.message)
    return f"{offered} offered"
