"""What an order is paid by (rules-marketplace §7.1): its reference, who a buyer is at the gateway, cards they keep."""
from blueprints.platform.checkout.objects import Customer, Method, PaymentReference, index_payments


class OrderPayment(PaymentReference):
    """The payment reference of an order."""

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
