"""Amounts of a listing on their way from the wire into minor units, and from one currency into another."""
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.data.money import FACTORS, to_payable
from blueprints.marketplace.product_listing.rules import LISTING_AMOUNTS, Faults

CURRENCY_OF = {**dict.fromkeys(LISTING_AMOUNTS, "currency"), "shipping": "shipping_currency"}


def in_minor_units(given: Mapping[str, Any], stored: Mapping[str, Any]) -> tuple[dict[str, Any], Faults]:
    """Return `given` with its amounts in minor units, and the faults of amounts its currency cannot express.

    A changed currency keeps the numbers people see: stored amounts that are not given anew are restated in it."""
    restated, faults = dict(given), Faults()
    for name, currency_of in CURRENCY_OF.items():
        major = given[name] if name in given else _to_restate(name, currency_of, given, stored)
        if major is None:
            continue
        currency = given.get(currency_of) or stored[currency_of]
        try:
            restated[name] = to_payable(major, currency)
        except ValueError as error:
            # A stored amount is not shown: it may be the reserve, and whoever edits need not be the seller.
            faults[name] = str(error) if name in given else f"the amount it has cannot be restated in {currency}"
    return restated, faults


def _to_restate(name: str, currency_of: str, given: Mapping[str, Any], stored: Mapping[str, Any]) -> Decimal | None:
    """Return the stored amount in major units when the currency it stands in is being changed."""
    before = stored.get(currency_of)
    if stored.get(name) is None or before is None or given.get(currency_of) in (None, before):
        return None
    return Decimal(stored[name]) / FACTORS[before]
