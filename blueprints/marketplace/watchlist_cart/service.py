"""watchlistCart as one declaration."""
from app.data.person_rows import ERASED, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.marketplace.watchlist_cart import jobs, subscribers
from blueprints.marketplace.watchlist_cart.checks import check_watchlists, mend_watchlists
from blueprints.marketplace.watchlist_cart.index import READABLE
from blueprints.marketplace.watchlist_cart.models import CartItem, WatchlistItem, WatchlistList
from blueprints.marketplace.watchlist_cart.queries import folders_seen_by
from blueprints.marketplace.watchlist_cart.topics import WATCHED_NEWS

# The contract shows a list of one; the query of carts and watchlists knows which fields.
_PRODUCT = Relation("productId", "productListingProduct", name="product", many=True, by_query=True)

SERVICE = ServiceDeclaration(
    name="watchlistCart", version="1.0.22", description="Watchlists with folders, and the cart before an order.",
    realms=("marketplace",),
    routes="blueprints.marketplace.watchlist_cart.routes.api",
    background=(jobs, subscribers),
    emits=lambda _: (WATCHED_NEWS,),
    readable=READABLE,
    relations=(
        relations_of(CartItem, Relation("userId", "user"), _PRODUCT),
        relations_of(WatchlistItem, Relation("userId", "user"), _PRODUCT, Relation("listId", "watchlistList")),
        relations_of(WatchlistList, Relation("userId", "user")),
    ),
    targets=(
        JoinTarget("watchlistList", ("id", "name", "itemCount"), folders_seen_by, personal=True),
    ),
    checks={"watchlists": check_watchlists},
    mends={"watchlists": Mend("counts the items of these lists anew; those of deleted ones go to the default list",
                              mend_watchlists)},
    persons=(
        rows_of_people(CartItem, ERASED, "user_id", export=exported("cart", "user_id")),
        rows_of_people(WatchlistItem, ERASED, "user_id", export=exported("watched", "user_id")),
        rows_of_people(WatchlistList, ERASED, "user_id", export=exported("watchlists", "user_id")),
    ),
)
