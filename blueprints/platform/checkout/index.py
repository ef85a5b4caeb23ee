"""How the payments of a checkout are read: each person his own."""
from app.data.visibility import ReadObject
from app.payments.checkout import Checkout
from blueprints.platform.checkout.queries import customer_filters, method_filters, reference_filters
from blueprints.platform.checkout.visibility import cards_of, customers_of, references_of


def readable_payments(checkout: Checkout) -> tuple[ReadObject, ...]:
    """Return the three data objects of a checkout as they are read."""
    return (ReadObject(references_of(checkout), facets=("statusLiteral",), filters=reference_filters(checkout)),
            ReadObject(customers_of(checkout), filters=customer_filters(checkout)),
            ReadObject(cards_of(checkout), filters=method_filters(checkout)))
