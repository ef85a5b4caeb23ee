"""What the checkout of premium keeps (rules-network §6A). Apart from the orders: who reads these pays nothing."""
from blueprints.platform.checkout.objects import Customer, Method, PaymentReference, index_payments


class PremiumPayment(PaymentReference):
    """The payment reference of an order of premium."""

    __tablename__ = "network_premium_payment"
    __service__ = "profile"
    __object__ = "sys_premiumsubscriptionPayment"
    __realm__ = "network"


class NetworkCustomer(Customer):
    """Who a person of the network is at the payment gateway."""

    __tablename__ = "network_payment_customer"
    __service__ = "profile"
    __realm__ = "network"


class NetworkCard(Method):
    """A card a person of the network keeps for the next order."""

    __tablename__ = "network_payment_method"
    __service__ = "profile"
    __realm__ = "network"


index_payments("network_premium", PremiumPayment, NetworkCustomer, NetworkCard)
