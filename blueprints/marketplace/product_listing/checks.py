"""What `flask doctor` asks of the listings."""
from blueprints.marketplace.product_listing.queries import unorderable_products

_NAMED_AT_MOST = 20


def check_listings() -> tuple[str, str]:
    """Return what `flask doctor` says of live listings that nobody can order."""
    found = unorderable_products(_NAMED_AT_MOST + 1)
    if not found:
        return "ok", "every live listing can be ordered"
    named, more = ", ".join(found[:_NAMED_AT_MOST]), " and more" if len(found) > _NAMED_AT_MOST else ""
    return "warn", ("shipping is in another currency than the price, so nobody can order: "
                    f"{named}{more}; their sellers must change shippingCurrency")
