"""Who may call orderManagement at all (rules-marketplace §7.2); whose order it is, commands and queries check.

What pays an order stands in blueprints/platform/checkout/policies.py."""
from app.identity.access import Predicate, logged_in, staff

POLICIES: dict[str, Predicate] = {
    "createOrderManagementOrder": logged_in,
    "createOrderManagementOrderItem": logged_in,
    "deleteOrderManagementOrder": logged_in,
    "deleteOrderManagementOrderItem": logged_in,
    "getOrderManagementOrder": logged_in,
    "getOrderManagementOrderByProductId": logged_in,
    "getOrderManagementOrderHistory": logged_in,
    "getOrderManagementOrderItem": logged_in,
    "listOrderManagementOrders": logged_in,
    "listOwnOrderManagementOrders": logged_in,
    "listOrderManagementOrderItems": logged_in,
    "lisOrderManagementOwnOrderItem": logged_in,
    "updateOrderManagementOrderStatus": logged_in,
    # Money moves
    "completeOrderStripeWebhook": staff,  # OR7
    "completeRefundDue": staff,
    "listRefundsDue": logged_in,
    # Not in the contract: what the house and a seller earn
    "reportCommissions": logged_in,
}
