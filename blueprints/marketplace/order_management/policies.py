"""Who may call orderManagement at all (rules-marketplace §7.2); whose order it is, commands and queries check."""
from app.identity.access import Predicate, logged_in, public, staff

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
    "startOrderManagementOrderPayment": logged_in,
    "refreshOrderManagementOrderPayment": logged_in,
    "callbackOrderManagementOrderPayment": public,  # the gateway; its signature is its login
    "completeOrderStripeWebhook": staff,  # OR7
    "completeRefundDue": staff,
    "listRefundsDue": logged_in,
    # Tickets are written by the payment flow, or by staff
    "createOrderManagementOrderPayment": staff,
    "updateOrderManagementOrderPayment": staff,
    "deleteOrderManagementOrderPayment": staff,
    "getOrderManagementOrderPayment2": logged_in,
    "getOrderManagementOrderPaymentByOrderId": logged_in,
    "getOrderManagementOrderPaymentByPaymentId": logged_in,
    "listOrderManagementOrderPayments2": logged_in,
    # Customers and cards
    "getPaymentCustomerByUserId": logged_in,
    "listPaymentCustomers": logged_in,
    "listPaymentCustomerMethods": logged_in,
    "listOwnPaymentMethods": logged_in,
    "addPaymentMethod": logged_in,
    "deletePaymentMethod": logged_in,
    # Not in the contract: what the house and a seller earn
    "reportCommissions": logged_in,
}
