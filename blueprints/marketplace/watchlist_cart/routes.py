"""URL map of watchlistCart (contract documents 166–178; moving one row and many is ours, WC1)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.marketplace.watchlist_cart import bulk_commands, cart_commands, commands, queries, rules, schemas
from blueprints.marketplace.watchlist_cart.models import CartItem, WatchlistItem, WatchlistList
from blueprints.marketplace.watchlist_cart.policies import POLICIES

api = Routes(POLICIES, {
    "moveWatchlistItems": ApiNames("watchlistitems-moved", "outcome"),
    "userwatchlist": ApiNames("userwatchlist-done"),
    "userwatchlistlists": ApiNames("userwatchlistlists-done")})

# Not cached: what a row shows of its product changes by the clock, when an auction ends.
_CART: dict[str, Any] = {"returns": CartItem, "filters": queries.CART_FILTERS, "cached": False}
_WATCHED: dict[str, Any] = {"returns": WatchlistItem, "filters": queries.ITEM_FILTERS, "cached": False}
_FOLDERS: dict[str, Any] = {"returns": WatchlistList, "filters": queries.LIST_FILTERS}

# The cart
api.create("/v1/cartitems", cart_commands.add_to_cart, "Put a fixed-price product into the cart.",
           name="createCartItem", body=schemas.NewCartItem, returns=CartItem, id_name="cartItemId")


@api.list("/v1/cartitems", name="listCartItems", **_CART)
def list_cart_items(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's cart; staff see every cart."""
    return queries.list_cart(actor, asked, rules.JOIN_A)


@api.list("/v1/usercartitems", name="listUserCartItems", **_CART)
def list_own_cart_items(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's own cart."""
    return queries.list_cart(actor, asked, rules.JOIN_B, own=True)


api.update("/v1/cartitemquantity/{cartItemId}", cart_commands.change_quantity, "Change how many units are wanted.",
           name="updateCartItemQuantity", body=schemas.QuantityChange, returns=CartItem)
api.delete("/v1/cartitems/{cartItemId}", cart_commands.remove_from_cart, "Take a product out of the cart.",
           name="deleteCartItem", returns=CartItem)

# What is watched
api.create("/v1/watchlistitems", commands.watch, "Watch a product, in the default list or in a list of one's own.",
           name="createWatchlistItem", body=schemas.NewWatchlistItem, returns=WatchlistItem, id_name="watchlistItemId")


@api.list("/v1/watchlistitems", name="listWatchlistItems", **_WATCHED)
def list_items(actor: Actor, asked: ReadRequest) -> Listing:
    """List what the caller watches; `listId=default` (or `null`) is the default list. Staff see everybody's."""
    return queries.list_watched(actor, asked, rules.JOIN_BOTH)


@api.list("/v1/userwatchlist", name="userwatchlist", **_WATCHED)
def list_own_items(actor: Actor, asked: ReadRequest) -> Listing:
    """List what the caller watches."""
    return queries.list_watched(actor, asked, rules.JOIN_BOTH, own=True)


api.update("/v1/watchlistitems/bulk", bulk_commands.move_many,
           "Move or remove up to 100 rows of watchlist and cart; the outcome says of each what became of it.",
           name="moveWatchlistItems", method="POST", body=schemas.ManyItems)
api.update("/v1/watchlistitems/{watchlistItemId}", commands.move_item,
           "Move a watched product to another list; `listId` null is the default list.",
           name="updateWatchlistItem", body=schemas.ItemMove, returns=WatchlistItem)
api.delete("/v1/watchlistitems/{watchlistItemId}", commands.remove_item, "Watch a product no longer.",
           name="deleteWatchlistItem", returns=WatchlistItem)

# Lists
api.create("/v1/watchlistlists", commands.create_folder, "Make a list; the default list is there already.",
           name="createWatchlistList", body=schemas.NewWatchlistList, returns=WatchlistList, id_name="watchlistListId")
api.list("/v1/watchlistlists", queries.list_folders, "List the caller's lists; staff see everybody's.",
         name="listWatchlistList", **_FOLDERS)


@api.list("/v1/userwatchlistlists", name="userwatchlistlists", **_FOLDERS)
def list_own_lists(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's own lists."""
    return queries.list_folders(actor, asked, own=True)


api.delete("/v1/watchlistlists/{watchlistListId}", commands.delete_folder,
           "Delete a list; what is in it goes to the default list.",
           name="deleteWatchlistList", returns=WatchlistList)
