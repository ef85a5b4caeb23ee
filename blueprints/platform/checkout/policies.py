"""Who may call what pays an order (rules-marketplace §7.2, rules-network §6E P-3); whose it is, the reads check."""
from app.identity.access import Predicate, logged_in, public
from app.payments.checkout import Checkout
from blueprints.platform.checkout.names import api_noun


def payment_policies(checkout: Checkout) -> dict[str, Predicate]:
    """Return API name → who may call it. The payment flow writes references, or whoever oversees it."""
    order = api_noun(checkout)
    return {
        f"start{order}Payment": logged_in,
        f"refresh{order}Payment": logged_in,
        f"callback{order}Payment": public,  # the gateway; its signature is its login
        f"create{order}Payment": checkout.overseers,
        f"update{order}Payment": checkout.overseers,
        f"delete{order}Payment": checkout.overseers,
        f"get{order}Payment2": logged_in,
        f"get{order}PaymentByOrderId": logged_in,
        f"get{order}PaymentByPaymentId": logged_in,
        f"list{order}Payments2": logged_in,
        "getPaymentCustomerByUserId": logged_in,
        "listPaymentCustomers": logged_in,
        "listPaymentCustomerMethods": logged_in,
        "listOwnPaymentMethods": logged_in,
        "addPaymentMethod": logged_in,
        "deletePaymentMethod": logged_in,
    }
