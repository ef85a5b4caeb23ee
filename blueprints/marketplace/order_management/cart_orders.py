"""Ordering a whole cart (decision 14), and the cart that a paid order leaves behind (rules-marketplace §7.3).

A cart is locked behind the listings it names (app/data/lock_order.py): what is read before says which, and counts only
when it is still so under the lock."""
from collections.abc import Sequence
from typing import Any

from app.actor import Actor
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.order_management.placing import LINES_PER_ORDER, Wanted, place_order
from blueprints.marketplace.product_listing.watched import watched_listings
from blueprints.marketplace.watchlist_cart.cart_commands import lock_cart, take_paid
from blueprints.marketplace.watchlist_cart.queries import CartLine, cart_of

_ROWS = LINES_PER_ORDER + 1


def place_order_of_cart(actor: Actor, *, expected: Sequence[tuple[str, int]] | None = None, **terms: Any) -> Order:
    """Order what is in the actor's cart; `expected` is what he saw there: (cart row id, quantity) of every row.

    Raises RuleViolated (CartChanged with the present cart, CartEmpty, OrderFull, CartItemUnavailable), and as
    place_order(), whose other `terms` it takes. The cart stays until the order is paid."""
    with unit_of_work(actor) as work:
        cart = cart_of(actor.user_id, _ROWS)
        if expected is not None and sorted(expected) != sorted((row.cart_item_id, row.quantity) for row in cart):
            _refuse_changed(cart)
        _refuse_unorderable(cart)
        order = place_order(actor, lines=[Wanted(row.product_id, row.quantity) for row in cart], **terms)
        present = lock_cart(work, actor.user_id, _ROWS)
        if present != cart:
            _refuse_changed(present)
        work.commit()
    return order


def leave_cart(work: UnitOfWork, order: Order, items: Sequence[OrderItem]) -> None:
    """Take what was just paid out of its buyer's cart, whether the order was made of it or not (OR-3)."""
    take_paid(work, order.buyer_id, {item.product_id: item.quantity for item in items})


def _refuse_changed(cart: Sequence[CartLine]) -> None:
    present = [{"cartItemId": row.cart_item_id, "productId": row.product_id, "quantity": row.quantity} for row in cart]
    raise RuleViolated("CartChanged", "The cart is no longer what was shown", present)


def _refuse_unorderable(cart: Sequence[CartLine]) -> None:
    if not cart:
        raise RuleViolated("CartEmpty", "There is nothing in the cart")
    if len(cart) > LINES_PER_ORDER:
        raise RuleViolated("OrderFull", f"an order has at most {LINES_PER_ORDER} items")
    listings = watched_listings(row.product_id for row in cart)
    gone = [row.cart_item_id for row in cart if row.product_id not in listings or not listings[row.product_id].is_live]
    if gone:
        raise RuleViolated("CartItemUnavailable", "Some products in the cart are no longer available", gone)
