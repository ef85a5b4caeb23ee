"""Placing orders: the order, its lines at the prices that hold, the units reserved for them (decisions 11, 14).

The accounts of both sides are shared first; then listings are locked, in the order of their ids, then agreements, then
the order (app/data/lock_order.py)."""
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.ids import uuid7
from app.data.money import minor_of, to_wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import InvalidInput, RuleViolated
from app.identity.access import require
from app.runtime import runtime
from blueprints.marketplace.auction_offer.claims import promised_units
from blueprints.marketplace.order_management import rules
from blueprints.marketplace.order_management.agreements import agreed_price, rests_on_agreement
from blueprints.marketplace.order_management.history import LINE_ADDED, PLACED, note
from blueprints.marketplace.order_management.models import RESERVED, Order, OrderItem
from blueprints.marketplace.product_listing.lending import OrderedListing
from blueprints.marketplace.product_listing.stock import lock_listings, reserve
from blueprints.marketplace.product_listing.trading import share_parties
from blueprints.platform.people.queries import refuse_inactive

EXPIRE_ORDER = "expire-order"
LINES_PER_ORDER = 100
FLOAT_NOISE = Decimal("1e-6")
"""How far a sum may be off: browsers add 0.1 three times to 0.30000000000000004. Less than any currency's unit."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line a buyer asks for; `price` in major units when the buyer names one. `instead_of` is an order that took
    the won bid before and lost it: no buyer names one."""

    product_id: str
    quantity: int = 1
    offer_id: str | None = None
    bid_id: str | None = None
    price: Decimal | None = None
    item_id: str | None = None
    instead_of: str | None = None


def place_order(actor: Actor, *, shipping_address: dict[str, Any], payment_method_id: str, stripe_customer_id: str,
                order_number: str | None = None, summary: Mapping[str, Any] | None = None,
                lines: Sequence[Wanted] = (), id: str | None = None) -> Order:
    """Place an order of the actor's: with `lines`, complete and priced by the server; without, to be filled.

    Raises NotFound (listing), Forbidden (own listing), InvalidInput (a summary that differs), RuleViolated (stock,
    price, currency, taken orderNumber)."""
    with unit_of_work(actor) as work:
        parties = share_parties(work, [line.product_id for line in lines], actor.user_id) if lines else None
        listings = lock_listings(work, [line.product_id for line in lines])
        _refuse_own(actor, listings.values())
        refuse_inactive(actor, sellers={listing.seller_id for listing in listings.values()}, buyer=actor.user_id,
                        known=parties)
        order_id = id or uuid7()
        priced = [_price(work, actor, listings[line.product_id], order_id, line) for line in lines]
        order = work.insert(Order(
            id=order_id, buyer_id=actor.user_id, order_number=order_number or new_order_number(), items=[],
            payment_method_id=payment_method_id, stripe_customer_id=stripe_customer_id, total=0,
            status="PENDING_PAYMENT", payment_confirmation="pending", shipping_address=shipping_address,
            summary=_as_given(summary or {})))
        _hold_until(work, order, _a_day_from_now())
        note(work, order, PLACED)
        items = [_add(work, order, listings[line.product_id], line, price)
                 for line, price in zip(lines, priced, strict=True)]
        if items:
            sum_up(work, order, items)
            _refuse_other_summary(order, summary or {})
        work.commit()
    return order


def add_item(actor: Actor, order_id: str, wanted: Wanted) -> OrderItem:
    """Add a line to an own order that no payment was started for; its summary follows.

    Raises NotFound, Forbidden (not the buyer's order, own listing), RuleViolated (rules-marketplace §7.3)."""
    with unit_of_work(actor) as work:
        _refuse_closed(actor, work.get(Order, order_id))
        parties = share_parties(work, [wanted.product_id])
        listing = lock_listings(work, [wanted.product_id])[wanted.product_id]
        _refuse_own(actor, [listing])
        refuse_inactive(actor, sellers=[listing.seller_id], buyer=actor.user_id, known=parties)
        price = _price(work, actor, listing, order_id, wanted)
        order = work.lock(Order, order_id)
        _refuse_closed(actor, order)
        items = items_of(work, order_id)
        item = _add(work, order, listing, wanted, price)
        work.flush()
        sum_up(work, order, [*items, item])
        note(work, order, LINE_ADDED, item=item)
        work.commit()
    return item


def items_of(work: UnitOfWork, order_id: str, *, cancelled_too: bool = False) -> list[OrderItem]:
    """Return the lines of an order, oldest first."""
    kept = [] if cancelled_too else [OrderItem.is_active.is_(True)]
    return work.all(select(OrderItem).where(OrderItem.order_id == order_id, *kept).order_by(OrderItem.id))


def lines_of(items: Sequence[OrderItem]) -> list[rules.Line]:
    """Return the money of the lines."""
    return [rules.Line(item.price, item.shipping, item.quantity) for item in items]


def new_order_number() -> str:
    """Return a fresh order number: time and chance (generateOrderId)."""
    return rules.order_number(int(now().timestamp() * 1000), secrets.randbelow(36 ** 4))


def _refuse_closed(actor: Actor, order: Order) -> None:
    require(actor.is_user(order.buyer_id), "errMsg_OnlyTheBuyerAddsItems")
    if order.status != "PENDING_PAYMENT" or order.payment_confirmation != "pending":
        raise RuleViolated("OrderNotOpen", "items are added before a payment was started")


def _refuse_own(actor: Actor, listings: Iterable[OrderedListing]) -> None:
    require(not any(actor.is_user(listing.seller_id) for listing in listings),
            "errMsg_SellersMayNotOrderTheirOwnListing")


def _price(work: UnitOfWork, actor: Actor, listing: OrderedListing, order_id: str, wanted: Wanted) -> int:
    asked = None if wanted.price is None else minor_of("price", wanted.price, listing.currency)
    price = agreed_price(work, actor, listing, order_id, offer_id=wanted.offer_id, bid_id=wanted.bid_id,
                         instead_of=wanted.instead_of, asked=asked)
    if wanted.quantity > 1 and rests_on_agreement(listing, price):
        raise RuleViolated("OneUnitAgreed", "an agreed price is for one unit")
    return price


def _add(work: UnitOfWork, order: Order, listing: OrderedListing, wanted: Wanted, price: int) -> OrderItem:
    if order.currency not in (None, listing.currency):
        raise RuleViolated("CurrencyDiffers", f"the order is in {order.currency}, the listing in {listing.currency}")
    if listing.shipping and listing.shipping_currency != listing.currency:
        raise RuleViolated("ShippingCurrencyDiffers", "the listing's shipping is in another currency than its price")
    if len(order.items) >= LINES_PER_ORDER:
        raise RuleViolated("OrderFull", f"an order has at most {LINES_PER_ORDER} items")
    # Only where units are counted: an auction's one unit is its winner's, or whoever was asked after him.
    counted = listing.type == "FIXED" and listing.quantity is not None
    promised = promised_units(work, listing.id, but_to=order.buyer_id) if counted else 0
    reserve(work, listing, wanted.quantity, promised=promised)
    if not order.items:
        _hold_until(work, order, _a_day_from_now())
    if listing.closed_at is not None:
        _hold_until(work, order, listing.closed_at + timedelta(days=runtime().settings.unpaid_auction_days))
    item = work.insert(OrderItem(
        id=wanted.item_id, order_id=order.id, product_id=listing.id, quantity=wanted.quantity, price=price,
        shipping=listing.shipping, seller_id=listing.seller_id, title=listing.title, currency=listing.currency,
        category_id=listing.category_id, hold=RESERVED))
    work.change(order, items=[*order.items, item.id], currency=listing.currency)
    return item


def _a_day_from_now() -> datetime:
    return now() + timedelta(hours=runtime().settings.payment_retry_hours)


def _hold_until(work: UnitOfWork, order: Order, moment: datetime) -> None:
    """Hold the order's units until then or longer: a day from the first item, which later ones do not prolong, and
    what was won at auction as long as its winner has to pay."""
    work.change(order, payable_until=max(moment, order.payable_until or moment))
    work.schedule(EXPIRE_ORDER, order.id, order.payable_until)


def sum_up(work: UnitOfWork, order: Order, items: Sequence[OrderItem]) -> None:
    """Let the order's summary and total be what these lines cost; raises RuleViolated (OrderTooLarge)."""
    currency = items[0].currency
    try:
        summary = rules.summarize(lines_of(items), currency)
    except ValueError as error:
        raise RuleViolated("OrderTooLarge", str(error)) from None
    amounts = {name: to_wire(amount, currency) for name, amount in asdict(summary).items() if name != "currency"}
    work.change(order, summary={**amounts, "currency": currency}, total=summary.total)


def _as_given(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in summary.items()}


def _refuse_other_summary(order: Order, given: Mapping[str, Any]) -> None:
    """Refuse a client's summary that is not what the lines cost (decision 14)."""
    wrong = {f"summary.{name}": f"is {order.summary[name]}" for name, value in given.items()
             if name in order.summary and (value != order.summary[name] if name == "currency" else
                                           abs(Decimal(str(order.summary[name])) - value) > FLOAT_NOISE)}
    if wrong:
        raise InvalidInput("errMsg_summaryDiffersFromTheItems", "SummaryDiffers", wrong)
