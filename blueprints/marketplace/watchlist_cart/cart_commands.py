"""The writes of the cart, and what orders ask of it: its rows under their locks, and that what is paid leaves it."""
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.identity.access import require_self
from blueprints.marketplace.product_listing.watched import WatchedListing, watched_listings
from blueprints.marketplace.watchlist_cart.commands import listing_to_add
from blueprints.marketplace.watchlist_cart.models import CartItem
from blueprints.marketplace.watchlist_cart.queries import CartLine
from blueprints.marketplace.watchlist_cart.rules import left_in_cart
from blueprints.platform.people.queries import refuse_inactive


def add_to_cart(actor: Actor, *, product_id: str, quantity: int, added_at: datetime, id: str | None = None) -> CartItem:
    """Put a fixed-price listing into the cart, once (166).

    Raises NotFound, Forbidden (decision 41), RuleViolated (an auction), DuplicateRecord."""
    with unit_of_work(actor) as work:
        item = insert_into_cart(work, str(actor.user_id), listing_to_add(actor, product_id), quantity=quantity,
                                added_at=added_at, id=id)
        work.commit()
    return item


def change_quantity(actor: Actor, cart_item_id: str, *, quantity: int | None = None) -> CartItem:
    """Change how many units of a listing are wanted; raises NotFound, Forbidden, RuleViolated (listing withdrawn)."""
    with unit_of_work(actor) as work:
        item = work.lock(CartItem, cart_item_id)
        require_self(actor, item.user_id)
        refuse_inactive(actor)
        listing = watched_listings([item.product_id]).get(item.product_id)
        if listing is None or not listing.is_live:
            raise RuleViolated("ProductUnavailable", "The product is no longer available")
        if quantity is not None:
            work.change(item, quantity=quantity)
        work.commit()
    return item


def remove_from_cart(actor: Actor, cart_item_id: str) -> CartItem:
    """Take a row out of the cart, whatever became of its product; raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        item = work.lock(CartItem, cart_item_id)
        require_self(actor, item.user_id)
        work.archive(item)
        work.commit()
    return item


def insert_into_cart(work: UnitOfWork, user_id: str, listing: WatchedListing, *, quantity: int = 1,
                     added_at: datetime | None = None, id: str | None = None) -> CartItem:
    """Insert a cart row; raises RuleViolated (an auction), and at the next flush DuplicateRecord."""
    if listing.type != "FIXED":
        raise RuleViolated("NotFixedPrice", "Only fixed-price products can be put into the cart")
    return work.insert(CartItem(id=id, user_id=user_id, product_id=listing.id, quantity=quantity,
                                added_at=added_at or now()))


def lock_cart(work: UnitOfWork, user_id: str | None, limit: int) -> list[CartLine]:
    """Return the rows of somebody's cart in the order of their ids, `limit` at most, locked as they are now."""
    items = work.all(select(CartItem).where(CartItem.user_id == user_id, CartItem.is_active.is_(True))
                     .order_by(CartItem.id).limit(limit), lock=True)
    return [CartLine(item.id, item.product_id, item.quantity) for item in items]


def take_paid(work: UnitOfWork, user_id: str, units: Mapping[str, int]) -> None:
    """Take what was paid (product id → units) out of its buyer's cart; a row that comes to nothing goes (§7.3, OR-3).

    Called once for each order, in the transaction that books its payment."""
    items = work.all(select(CartItem).where(
        CartItem.user_id == user_id, CartItem.product_id.in_(units), CartItem.is_active.is_(True))
        .order_by(CartItem.id), lock=True)
    for item in items:
        left = left_in_cart(item.quantity, units[item.product_id])
        if left:
            work.change(item, quantity=left)
        else:
            work.archive(item)
