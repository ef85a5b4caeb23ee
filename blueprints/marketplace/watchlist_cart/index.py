"""How watchlists and carts are read: by whose they are."""
from app.data.visibility import ReadObject
from blueprints.marketplace.watchlist_cart.queries import CART_FILTERS, ITEM_FILTERS, LIST_FILTERS, with_products
from blueprints.marketplace.watchlist_cart.rules import JOIN_A, JOIN_BOTH
from blueprints.marketplace.watchlist_cart.visibility import CART, FOLDERS, WATCHED

READABLE = (
    ReadObject(CART, searched=(), filters=CART_FILTERS,
               completed=lambda actor, asked, rows: with_products(asked, rows, JOIN_A)),
    ReadObject(WATCHED, searched=(), filters=ITEM_FILTERS,
               completed=lambda actor, asked, rows: with_products(asked, rows, JOIN_BOTH)),
    ReadObject(FOLDERS, searched=("name",), filters=LIST_FILTERS),
)
