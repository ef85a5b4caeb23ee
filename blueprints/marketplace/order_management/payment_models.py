"""What an order is paid by (rules-marketplace §7.1): its ticket, who a buyer is at the gateway, the cards they keep."""
from blueprints.platform.checkout.objects import Customer, Method, Ticket, index_payments


class OrderPayment(Ticket):
    """The payment ticket of an order."""

    __tablename__ = "order_management_payment"
    __service__ = "orderManagement"
    __object__ = "sys_orderManagementOrderPayment"
    __realm__ = "marketplace"


class PaymentCustomer(Customer):
    """Who a buyer is at the payment gateway."""

    __tablename__ = "order_management_payment_customer"
    __service__ = "orderManagement"
    __realm__ = "marketplace"


class PaymentMethod(Method):
    """A card a buyer keeps for the next order."""

    __tablename__ = "order_management_payment_method"
    __service__ = "orderManagement"
    __realm__ = "marketplace"


index_payments("order_management", OrderPayment, PaymentCustomer, PaymentMethod)
