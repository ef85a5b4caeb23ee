"""Who sees orders and their lines: each for whom it concerns (§7.2, decision 42)."""
from sqlalchemy import exists, select

from app.data.version_keys import version_key
from app.data.visibility import Visibility, any_of, ids_of_caller, mask, me, member, not_
from blueprints.marketplace.order_management.models import Order, OrderItem

_LINES = (version_key(OrderItem),)
_SOLD = ids_of_caller("orders with a line that the caller sold", lambda actor: select(OrderItem.order_id).where(
    OrderItem.seller_id == actor.user_id, OrderItem.is_active.is_(True)), depends_on=_LINES)
_OTHERS_SOLD = ids_of_caller(
    "orders with a line that somebody else sold", lambda actor: select(OrderItem.order_id).where(
        OrderItem.seller_id != actor.user_id, OrderItem.is_active.is_(True)), depends_on=_LINES,
    condition=lambda actor, order_id: exists(select(OrderItem.id).where(
        OrderItem.order_id == order_id, OrderItem.seller_id != actor.user_id, OrderItem.is_active.is_(True))))
_BOUGHT = ids_of_caller("the caller's orders, cancelled ones too", lambda actor: select(Order.id).where(
    Order.buyer_id == actor.user_id), depends_on=(version_key(Order),))

ORDERS = Visibility(
    Order, any_of(me("buyerId"), member("id", _SOLD)),
    # A seller of some lines sees those: neither how the buyer pays, nor the others' lines and sums (decision 42).
    masks=(mask(any_of(me("buyerId"), not_(member("id", _OTHERS_SOLD))), "paymentMethodId", "stripeCustomerId",
                "paymentIntentId", "items", "summary"),))
ITEMS = Visibility(OrderItem, any_of(me("sellerId"), member("orderId", _BOUGHT)))
