"""Who sees watchlists and carts: each person his own (rules-marketplace §10.2)."""
from app.data.visibility import Visibility, me
from blueprints.marketplace.watchlist_cart.models import CartItem, WatchlistItem, WatchlistList

CART, WATCHED, FOLDERS = (Visibility(model, me("userId")) for model in (CartItem, WatchlistItem, WatchlistList))
