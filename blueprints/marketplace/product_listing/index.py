"""How listings and their media are read: what finds them, what is counted, what they are put in order by."""
from datetime import datetime, timedelta

from app.clock import now
from app.data.held import is_free
from app.data.serialization import Wire
from app.data.visibility import Derived, NamedSort, ReadObject
from app.identity.access import logged_in, public_read
from app.search import IndexSchema, instant, keyword, prose
from app.search.rows import WordedRows
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.queries import MEDIA_FILTERS, PRODUCT_FILTERS
from blueprints.marketplace.product_listing.rules import asking_price
from blueprints.marketplace.product_listing.visibility import MEDIA, PRODUCTS


def _with_asking_price(rows: list[Wire]) -> list[Wire]:
    for row in rows:
        row["askingPrice"] = asking_price(row)
    return rows


def _next_second() -> datetime:
    """Return a moment that many requests share, so that they share the total that is counted for it."""
    return now().replace(microsecond=0) + timedelta(seconds=1)


LISTINGS = WordedRows(
    IndexSchema("products", (prose("title", 4.0), prose("description"), keyword("sellerId"), instant("createdAt"))),
    Product, where=(is_free(Product),), people=("sellerId",))
READABLE = (
    ReadObject(PRODUCTS, who=public_read, words=("title", "description"),
               facets=("condition", "type", "categoryId", "subcategoryId", "currency", "shippingMethod"),
               searched=("currency", "description", "condition", "price", "title", "type", "sellerId", "startBidDate",
                         "subcategoryId", "categoryId", "endBidDate", "currentBid", "shippingMethod"),
               filters=PRODUCT_FILTERS,
               derived=(Derived("askingPrice", "asking_price", "money", ("type", "price", "startPrice", "currentBid"),
                                currency="currency"),),
               sorts=(NamedSort("priceAscending", "askingPrice"),
                      NamedSort("priceDescending", "askingPrice", descending=True),
                      # Of auctions those that still run: nobody waits for the end of what is over.
                      NamedSort("endingSoonest", "effectiveEnd", only=lambda: (
                          Product.closed_at.is_(None), Product.effective_end >= _next_second()))),
               completed=lambda actor, asked, rows: _with_asking_price(rows)),
    ReadObject(MEDIA, who=logged_in, searched=(), filters=MEDIA_FILTERS),
)
