"""How watchlists and carts are read: by whose they are."""
from app.data.visibility import ReadObject
from blueprints.marketplace.watchlist_cart.queries import CART_FILTERS, ITEM_FILTERS, LIST_FILTERS
from blueprints.marketplace.watchlist_cart.visibility import CART, FOLDERS, WATCHED

READABLE = (
    ReadObject(CART, searched=(), filters=CART_FILTERS),
    ReadObject(WATCHED, searched=(), filters=ITEM_FILTERS),
    ReadObject(FOLDERS, searched=("name",), filters=LIST_FILTERS),
)
