"""What auctionOffer does by the clock: closings and lapses at their moment, and each minute what was missed."""
import logging
from collections.abc import Callable, Iterable

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork
from app.errors import ApiError
from app.jobs.schedule import on_due, periodic
from blueprints.marketplace.auction_offer.commands import close_auction, close_when_due
from blueprints.marketplace.auction_offer.offer_commands import EXPIRE_OFFER, expire_offer, expire_when_due
from blueprints.marketplace.auction_offer.queries import lapsed_offers
from blueprints.marketplace.product_listing.auction_state import overdue_auctions
from blueprints.marketplace.product_listing.commands import CLOSE_AUCTION

log = logging.getLogger("guildhall.auctions")

REALM = "marketplace"
BATCH = 500


@on_due(CLOSE_AUCTION, realm=REALM)
def close_due_auction(work: UnitOfWork, product_id: str) -> None:
    """Close one auction at its effective end (decision 12)."""
    close_when_due(work, product_id)


@on_due(EXPIRE_OFFER, realm=REALM)
def expire_due_offer(work: UnitOfWork, offer_id: str) -> None:
    """Let one offer lapse (decision 13)."""
    expire_when_due(work, offer_id)


@periodic("close-auctions", realm=REALM, minutes=1)
def close_auctions(actor: Actor) -> str:
    """Close every auction whose end has passed and that its own job has missed."""
    return f"{_each(actor, overdue_auctions(now(), BATCH), close_auction)} closed"


@periodic("expire-offers", realm=REALM, minutes=1)
def expire_offers(actor: Actor) -> str:
    """Mark every open offer EXPIRED whose time is up."""
    return f"{_each(actor, lapsed_offers(now(), BATCH), expire_offer)} expired"


def _each(actor: Actor, subjects: Iterable[str], act: Callable[..., object]) -> int:
    """Act on each subject in a transaction of its own; one that refuses does not keep the others waiting."""
    done = 0
    for subject in subjects:
        try:
            act(actor, subject)
            done += 1
        except ApiError as error:
            log.warning("%s of %s: %s", act.__name__, subject, error.message)
    return done
