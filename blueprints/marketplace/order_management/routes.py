"""URL map of orderManagement (contract documents 126–150, the system routes of 030)."""
from typing import Any

from flask import request

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.naming import ApiNames
from blueprints.marketplace.order_management import (
    cart_orders,
    commands,
    paying,
    placing,
    queries,
    reports,
    schemas,
)
from blueprints.marketplace.order_management.models import Order, OrderItem
from blueprints.marketplace.order_management.policies import POLICIES
from blueprints.marketplace.order_management.settlement import CHECKOUT
from blueprints.platform.checkout.routes import PAYMENT_RESULT, payment_answer, payment_routes

api = Routes(POLICIES, {
    "reportCommissions": ApiNames("commissions-listed", "commissions"),
    "listRefundsDue": ApiNames("", "refundsDue"),
    "getOrderManagementOrderHistory": ApiNames("", "orderManagementOrderHistory")})

_ORDERS: dict[str, Any] = {"returns": Order, "depends_on": (OrderItem,), "filters": queries.ORDER_FILTERS}
_ITEMS: dict[str, Any] = {"returns": OrderItem, "depends_on": (Order,), "filters": queries.ITEM_FILTERS}
_PAYS: dict[str, Any] = {"returns": Order, "transaction": False, "extras": PAYMENT_RESULT}


# Orders and their lines

@api.create("/v1/ordermanagementorders", name="createOrderManagementOrder", body=schemas.NewOrder,
            id_name="orderManagementOrderId", returns=Order)
def create_order(actor: Actor, data: dict[str, Any]) -> Order:
    """Place an order: complete with lineItems or of the whole cart, or to be filled item by item."""
    lines, expected = data.pop("line_items", ()), data.pop("cart", None)
    if data.pop("from_cart", False):
        return cart_orders.place_order_of_cart(actor, expected=expected, **data)
    return placing.place_order(actor, lines=lines, **data)


@api.create("/v1/ordermanagementorderitems", name="createOrderManagementOrderItem", returns=OrderItem,
            body=schemas.NewItem, id_name="orderManagementOrderItemId")
def create_item(actor: Actor, data: dict[str, Any]) -> OrderItem:
    """Add a line to an order that is not being paid yet."""
    wanted = placing.Wanted(data["product_id"], data["quantity"], price=data["price"], item_id=data.get("id"))
    return placing.add_item(actor, data["order_id"], wanted)


@api.get("/v1/ordermanagementorders/{orderManagementOrderId}", name="getOrderManagementOrder", returns=Order)
def get_order(actor: Actor, asked: ReadRequest, order_management_order_id: str) -> Wire:
    """Get an order with its items."""
    return queries.get_order(actor, asked, order_management_order_id)


@api.get("/v1/ordermanagementorderbyproductid/{items}", name="getOrderManagementOrderByProductId",
         text_parameters=("items",), returns=Order)
def get_order_by_product(actor: Actor, asked: ReadRequest, items: str) -> Wire:
    """Get the latest order with an item, named by its id or its product's."""
    return queries.order_of_product(actor, asked, items)


api.list("/v1/ordermanagementorders", queries.list_orders, "List the caller's purchases and sales.",
         name="listOrderManagementOrders", **_ORDERS)
api.list("/v1/ownordermanagementorders", queries.list_own_orders, "List the caller's purchases.",
         name="listOwnOrderManagementOrders", **_ORDERS)
api.get("/v1/ordermanagementorderitems/{orderManagementOrderItemId}", queries.get_item, "Get a line of an order.",
        name="getOrderManagementOrderItem", returns=OrderItem)
api.list("/v1/ordermanagementorderitems", queries.list_items, "List the lines the caller bought or sold.",
         name="listOrderManagementOrderItems", **_ITEMS)
api.list("/v1/lisordermanagementownorderitem", queries.list_sales, "List the lines the caller sold.",
         name="lisOrderManagementOwnOrderItem", **_ITEMS)


@api.update("/v1/ordermanagementorderstatus/{orderManagementOrderId}", name="updateOrderManagementOrderStatus",
            body=schemas.StatusChange, **_PAYS)
def update_status(actor: Actor, data: dict[str, Any], order_management_order_id: str) -> Answer:
    """Ship, deliver, cancel or refund an order."""
    return payment_answer(paying.change_status(actor, order_management_order_id, key=_key(), **data))


api.delete("/v1/ordermanagementorders/{orderManagementOrderId}", commands.cancel_order,
           "Cancel an order that was not shipped.",
           name="deleteOrderManagementOrder", returns=Order)
api.delete("/v1/ordermanagementorderitems/{orderManagementOrderItemId}", commands.cancel_line,
           "Cancel one line of an order that was not shipped: its seller, or staff.",
           name="deleteOrderManagementOrderItem", returns=OrderItem)
api.get("/v1/ordermanagementorders/{orderManagementOrderId}/history", queries.get_history,
        "Get what happened to an order, a cancelled one too.",
        name="getOrderManagementOrderHistory")
api.list("/v1/refundsdue", queries.list_refunds_due,
         "List the orders of which money is due back to the buyer: the caller's, all for staff.",
         name="listRefundsDue", depends_on=(Order, OrderItem))


@api.update("/v1/refundsdue/{orderManagementOrderId}", name="completeRefundDue", **_PAYS)
def give_back_due(actor: Actor, data: dict[str, Any], order_management_order_id: str) -> Answer:
    """Give back what is due of an order (staff)."""
    return payment_answer(paying.give_back_due(actor, order_management_order_id))


# Payment

@api.update("/v1/completeorderstripewebhook/{orderManagementOrderId}", name="completeOrderStripeWebhook",
            body=schemas.StatusChange, **_PAYS)
def complete_order(actor: Actor, data: dict[str, Any], order_management_order_id: str) -> Answer:
    """Correct an order's payment state by hand (staff)."""
    return payment_answer(paying.change_status(actor, order_management_order_id, key=_key(), **data))


# What pays an order: start, refresh, callback, references, customers and cards

api.include(payment_routes(CHECKOUT))


# What was earned

@api.list("/v1/commissions", name="reportCommissions",
          arguments={"sellerId": "only this seller (staff)", "month": "only this month, YYYY-MM"})
def report_commissions(actor: Actor, asked: ReadRequest) -> Listing:
    """Report sales, commission and net per month and seller."""
    return reports.commission_report(actor, asked.page, seller_id=asked.arguments.get("sellerId"),
                                     month=asked.arguments.get("month"))


def _key() -> str | None:
    return request.headers.get("Idempotency-Key")
