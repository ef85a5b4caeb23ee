"""What watchlistCart does by the clock: it tells watchers what is new of a listing, a batch at a time."""
from app.data.unit_of_work import UnitOfWork
from app.jobs.schedule import on_due
from blueprints.marketplace.watchlist_cart import rules
from blueprints.marketplace.watchlist_cart.notices import tell_watchers

REALM = "marketplace"


@on_due(rules.PRICE_FELL, realm=REALM)
def tell_of_price(work: UnitOfWork, product_id: str) -> None:
    """Tell those who watch a listing that its price is below the lowest they know."""
    tell_watchers(work, rules.PRICE_FELL, product_id)


@on_due(rules.ENDS_IN_A_DAY, realm=REALM)
def tell_of_last_day(work: UnitOfWork, product_id: str) -> None:
    """Tell those who watch an auction that it ends in a day."""
    tell_watchers(work, rules.ENDS_IN_A_DAY, product_id)


@on_due(rules.ENDS_IN_AN_HOUR, realm=REALM)
def tell_of_last_hour(work: UnitOfWork, product_id: str) -> None:
    """Tell those who watch an auction that it ends in an hour."""
    tell_watchers(work, rules.ENDS_IN_AN_HOUR, product_id)


@on_due(rules.SOLD, realm=REALM)
def tell_of_sale(work: UnitOfWork, product_id: str) -> None:
    """Tell those who watch a listing that it is sold."""
    tell_watchers(work, rules.SOLD, product_id)
