"""Who sees the payments of a checkout: each person his own, all for whoever oversees them (§7.2, P-3)."""
from typing import Any

from app.data.visibility import Visibility, me
from app.payments.checkout import Checkout


def references_of(checkout: Checkout) -> Visibility:
    """Return who sees the payment references of a checkout."""
    return _own(checkout, checkout.reference, "ownerId")


def customers_of(checkout: Checkout) -> Visibility:
    """Return who sees who is whom at the gateway."""
    return _own(checkout, checkout.customer, "userId")


def cards_of(checkout: Checkout) -> Visibility:
    """Return who sees the cards that are kept."""
    return _own(checkout, checkout.method, "userId")


def _own(checkout: Checkout, model: Any, field: str) -> Visibility:
    return Visibility(model, me(field), sees_all=checkout.overseers)
