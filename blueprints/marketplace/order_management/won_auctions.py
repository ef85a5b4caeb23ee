"""What was won at auction is held by one order: `flask doctor` asks it, `--fix "auction orders"` mends it.

An auction that its winner has not ordered yet is no fault: the winner has days for it, then the win ends."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.actor import Actor
from app.data.batches import BATCH_ROWS
from app.data.holdings import handed_down
from app.data.reads import fetch, fetch_one
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.ops.findings import agreement
from app.payments.attempts import read_all
from blueprints.marketplace.auction_offer.claims import Win, free_win, wins_ordered
from blueprints.marketplace.order_management import commands
from blueprints.marketplace.order_management.audit import record_fix
from blueprints.marketplace.order_management.ledger_entries import held_units
from blueprints.marketplace.order_management.models import RESERVED, SOLD, Order, OrderItem
from blueprints.marketplace.order_management.placing import Wanted, place_order
from blueprints.marketplace.order_management.rules import CHOSEN_LATER
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.marketplace.product_listing.stock import auctions_among, lock_listings, set_taken

_HOLDS = OrderItem.hold.in_((RESERVED, SOLD))


@dataclass(frozen=True, slots=True)
class Holding:
    """An order that holds the unit of an auction, by the line `item_id`; `is_begun` says that somebody began to pay."""

    order_id: str
    order_number: str
    item_id: str
    buyer_id: str
    is_begun: bool


def check_auction_orders() -> tuple[str, str]:
    """Return what `flask doctor` says of won auctions: the order that has taken the win holds it, and no other."""
    held = [f"auction {product_id} is held by {orders} orders" for product_id, orders in _held_twice().items()]
    lost = [f"auction {win.product_id}: its winner's bid is taken by order {win.order_id}, which does not hold it"
            for win in _lost_wins()]
    return agreement([*held, *lost], "each won auction is held by one order at most")


def wrong_auctions() -> Sequence[tuple[str, str]]:
    """Return (realm, listing) of each auction that two orders hold, or whose winner cannot order it any more."""
    return [(CHECKOUT.realm, product_id) for product_id in sorted({*_held_twice(), *(
        win.product_id for win in _lost_wins())})]


def mend_auction(actor: Actor, product_id: str, reason: str) -> str:
    """Give a won auction its one open order: places its winner's anew, or cancels one too many; says which.

    Raises NotFound, Forbidden, RuleViolated where people must decide (PaymentBegun), when all is well by now
    (AuctionAgrees), and as the placing and the cancelling of an order do."""
    with unit_of_work(actor) as work:
        mend = _cancel_one if len(_holdings(product_id)) > 1 else _place_anew
        order_id, said = mend(work, product_id)
        if order_id is not None:
            record_fix(actor, order_id, f"{reason}: {said}")
        handed_down(StaffAudit).say(work, "doctor.mended", counted="orders of a won auction", of=product_id,
                                    orderId=order_id, said=said, reason=reason)
        work.commit()
    return said


def _cancel_one(work: UnitOfWork, product_id: str) -> tuple[str | None, str]:
    """Cancel the line of one order that nobody has begun to pay, and that is not the one its winner keeps.

    Which one is decided behind the listing's lock, behind which lines are added and given back; whether nobody began
    to pay it, behind its own."""
    lock_listings(work, [product_id], withdrawn_too=True)
    holdings = _holdings(product_id)
    if len(holdings) < 2:
        raise RuleViolated("AuctionAgrees", "one order at most holds this auction by now")
    kept = _kept(holdings, next((win for win in wins_ordered() if win.product_id == product_id), None))
    surplus = [one for one in holdings if one is not kept and not one.is_begun]
    if not surplus:
        begun = ", ".join(one.order_number for one in holdings if one is not kept)
        raise RuleViolated("PaymentBegun", f"orders {', '.join(one.order_number for one in holdings)} hold it, and "
                           f"somebody began to pay {begun}: people decide whose it is, and give the other money back "
                           "by `flask payments refund`")
    one = surplus[-1]
    set_taken(work, product_id, lambda: held_units(OrderItem.product_id == product_id)[product_id])
    commands.cancel_line(work.actor, one.item_id)
    if read_all(CHECKOUT, one.order_id):
        raise RuleViolated("ConcurrentChange", "somebody began to pay this order just now; try again")
    return one.order_id, (f"{len(holdings)} orders held the auction; order {one.order_number}, which nobody began to "
                          f"pay, is cancelled, order {kept.order_number} keeps it")


def _kept(holdings: Sequence[Holding], win: Win | None) -> Holding:
    """Return the order that keeps the auction: the winner's before others', then one that is being paid, then the one
    that took the win, then the oldest."""
    return min(holdings, key=lambda one: (
        win is not None and one.buyer_id != win.bidder_id, not one.is_begun,
        win is not None and one.order_id != win.order_id, one.order_id))


def _place_anew(work: UnitOfWork, product_id: str) -> tuple[str | None, str]:
    """Place the winner's order anew, to the same address, in place of one that took the win and does not hold it.

    Whether the unit is free, and the win still that order's, is decided behind the listing's lock, by the placing."""
    win = next((one for one in _lost_wins() if one.product_id == product_id), None)
    if win is None:
        raise RuleViolated("AuctionAgrees", "nothing is wrong with the orders of this auction by now")
    lost = fetch_one(select(Order.order_number, Order.shipping_address).where(Order.id == win.order_id))
    if lost is None:
        lock_listings(work, [product_id], withdrawn_too=True)
        free_win(work, win)
        return None, f"order {win.order_id}, which had taken the win, is gone; the winner can order the auction again"
    winner = replace(work.actor, user_id=win.bidder_id, role="user", email=None, fullname=None)
    order = place_order(winner, lines=[Wanted(product_id, bid_id=win.bid_id, instead_of=win.order_id)],
                        payment_method_id=CHOSEN_LATER, stripe_customer_id=CHOSEN_LATER,
                        shipping_address=lost.shipping_address)
    return order.id, (f"order {lost.order_number} had taken the win and does not hold it; order {order.order_number} "
                      "is placed in its stead for the winner, to the same address")


def _held_twice() -> dict[str, int]:
    """Return auction → how many orders hold it, of those that more than one holds."""
    orders = func.count(OrderItem.order_id.distinct()).label("orders")
    held = {row.product_id: int(row.orders) for row in fetch(select(OrderItem.product_id, orders).where(
        _HOLDS).group_by(OrderItem.product_id).having(orders > 1))}
    return {product_id: held[product_id] for product_id in sorted(auctions_among(held))}


def _lost_wins() -> list[Win]:
    """Return the wins that an order has taken which was never paid and does not hold them, or is gone.

    What was paid is settled: when its order was cancelled, its seller's auction is over all the same (decision 42)."""
    wins = wins_ordered()
    holding = {(row.order_id, row.product_id) for row in _lines_of(wins, _HOLDS, OrderItem.order_id,
                                                                  OrderItem.product_id)}
    paid = {row.order_id for row in _lines_of(wins, Order.paid_at.is_not(None), OrderItem.order_id)}
    return [win for win in wins if (win.order_id, win.product_id) not in holding and win.order_id not in paid]


def _lines_of(wins: Sequence[Win], which: ColumnElement[bool], *columns: Any) -> list[Any]:
    """Return these columns of the lines of auctions that were won, those of `which`."""
    wanted = sorted({win.product_id for win in wins})
    return [row for start in range(0, len(wanted), BATCH_ROWS) for row in fetch(
        select(*columns).outerjoin(Order, Order.id == OrderItem.order_id).where(
            OrderItem.product_id.in_(wanted[start:start + BATCH_ROWS]), which))]


def _holdings(product_id: str) -> list[Holding]:
    """Return the orders that hold the auction, the oldest first, as they are now."""
    rows = fetch(select(Order.id, Order.order_number, Order.buyer_id, OrderItem.id.label("item_id")).join(
        OrderItem, OrderItem.order_id == Order.id).where(OrderItem.product_id == product_id, _HOLDS).order_by(Order.id))
    return [Holding(row.id, row.order_number, row.item_id, row.buyer_id, bool(read_all(CHECKOUT, row.id)))
            for row in rows]
