"""What `flask doctor` asks of the listings."""
from app.ops.findings import MOST_NAMED, some_of
from blueprints.marketplace.product_listing.queries import unorderable_products


def check_listings() -> tuple[str, str]:
    """Return what `flask doctor` says of live listings that nobody can order."""
    found = unorderable_products(MOST_NAMED + 1)
    if not found:
        return "ok", "every live listing can be ordered"
    return "warn", ("shipping is in another currency than the price, so nobody can order: "
                    f"{some_of(found)}; their sellers must change shippingCurrency")
