"""Who may call which API of watchlistCart: whoever has a login; whose row it is, commands and queries check."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = {
    "createCartItem": logged_in,
    "createWatchlistItem": logged_in,
    "createWatchlistList": logged_in,
    "deleteCartItem": logged_in,
    "deleteWatchlistItem": logged_in,
    "deleteWatchlistList": logged_in,
    "listCartItems": logged_in,
    "listUserCartItems": logged_in,
    "listWatchlistItems": logged_in,
    "listWatchlistList": logged_in,
    "moveWatchlistItems": logged_in,
    "updateCartItemQuantity": logged_in,
    "updateWatchlistItem": logged_in,
    "userwatchlist": logged_in,
    "userwatchlistlists": logged_in,
}
