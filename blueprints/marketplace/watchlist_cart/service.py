"""watchlistCart as one declaration."""
from app.data.person_rows import ERASED, rows_of_people
from app.service import ServiceDeclaration
from blueprints.marketplace.watchlist_cart import jobs, subscribers
from blueprints.marketplace.watchlist_cart.checks import check_watchlists
from blueprints.marketplace.watchlist_cart.models import CartItem, WatchlistItem, WatchlistList
from blueprints.marketplace.watchlist_cart.routes import api

SERVICE = ServiceDeclaration(
    name="watchlistCart", version="1.0.22", description="Watchlists with folders, and the cart before an order.",
    realms=("marketplace",),
    routes=api,
    background=(jobs, subscribers),
    checks={"watchlists": check_watchlists},
    persons=(
        rows_of_people(CartItem, ERASED, "user_id"),
        rows_of_people(WatchlistItem, ERASED, "user_id"),
        rows_of_people(WatchlistList, ERASED, "user_id"),
    ),
)
