"""What feedback does by the clock: says, at most once in five minutes of each seller, that the reputation changed."""
from sqlalchemy import select

from app.data.unit_of_work import UnitOfWork
from app.jobs.schedule import on_due
from blueprints.marketplace.feedback.counting import REPUTATION_DUE
from blueprints.marketplace.feedback.models import ALL_MONTHS, StarCount
from blueprints.marketplace.feedback.queries import ratings_of
from blueprints.marketplace.feedback.topics import REPUTATION_CHANGED

REALM = "marketplace"


@on_due(REPUTATION_DUE, realm=REALM)
def tell_reputation(work: UnitOfWork, seller_id: str) -> None:
    """Tell what a seller's ratings have come to.

    Under the lock of the counter: who counts after it finds nothing owed and owes the news anew."""
    counted = select(StarCount).where(StarCount.seller_id == seller_id, StarCount.month == ALL_MONTHS)
    if work.first(counted, lock=True) is not None:
        work.emit(REPUTATION_CHANGED, seller_id, {"sellerId": seller_id, **ratings_of([seller_id])[seller_id]})
