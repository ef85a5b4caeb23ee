"""How orders, their lines and their payments are read: each by whom it concerns."""
from app.data.visibility import ReadObject
from blueprints.marketplace.order_management.queries import ITEM_FILTERS, ORDER_FILTERS, as_listed
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.marketplace.order_management.visibility import ITEMS, ORDERS
from blueprints.platform.checkout.index import readable_payments

READABLE = (
    ReadObject(ORDERS, facets=("status", "_paymentConfirmation"),
               searched=("orderNumber", "buyerId", "status", "cancelledAt", "paidAt", "deliveredAt", "shippedAt",
                         "_paymentConfirmation"), filters=ORDER_FILTERS, completed=as_listed),
    ReadObject(ITEMS, words=("title",), searched=("orderId", "productId", "sellerId", "title"),
               filters=ITEM_FILTERS),
    *readable_payments(CHECKOUT),
)
