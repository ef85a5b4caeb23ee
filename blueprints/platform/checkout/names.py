"""What the contract calls the APIs, paths and parameters of an order's payment: all of it after the order's object."""
from app.payments.checkout import Checkout


def object_name(checkout: Checkout) -> str:
    """Return the order's data object, such as `orderManagementOrder`."""
    return checkout.order.__object__


def api_noun(checkout: Checkout) -> str:
    """Return the same as it stands in the name of an API, such as `start…Payment`."""
    name = object_name(checkout)
    return name[:1].upper() + name[1:]
