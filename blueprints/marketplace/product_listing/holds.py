"""What moderation holds of listings and their media, and what follows from it for trade and files (M-1, M-9)."""
from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.data.moderated_kinds import Decide, Lock
from app.data.unit_of_work import UnitOfWork
from app.runtime import runtime
from blueprints.marketplace.product_listing.media_models import Media
from blueprints.marketplace.product_listing.models import Product
from blueprints.marketplace.product_listing.topics import MEDIA_HELD
from blueprints.platform.bucket.commands import hold_file


@dataclass(frozen=True)
class HeldTrade:
    """What bids and offers do when their listing, which is locked, is held or shown again; auctionOffer hands it down.

    `lock` takes the locks of all that holding these listings lets lapse. `lapse` is given the listing's id and the
    act's. `revive` is called while the listing is still held, with the acts that hold it no more; it returns sentences
    of what cannot come back."""

    lock: Lock
    lapse: Callable[[UnitOfWork, str, str], object]
    revive: Callable[[UnitOfWork, str, frozenset[str]], list[str]]


def lock_trade(work: UnitOfWork, product_ids: Collection[str]) -> None:
    """Lock the open offers on listings that are locked, in order of their ids."""
    runtime().part(HeldTrade).lock(work, product_ids)


def hold_product(work: UnitOfWork, product_id: str, decide: Decide) -> list[str]:
    """Hold a listing: its open offers lapse; or let it go: what is still in time comes back. Raises NotFound.

    Returns sentences of what cannot come back."""
    product = work.lock(Product, product_id, archived_too=True)
    change, trade = decide(product.held), runtime().part(HeldTrade)
    lost: list[str] = []
    if change.kind is not None:
        trade.lapse(work, product.id, change.act_id)
    elif product.held is not None:
        lost = trade.revive(work, product.id, change.lifted)
    work.change(product, held=change.kind)
    return lost


def hold_media(work: UnitOfWork, media_id: str, decide: Decide) -> list[str]:
    """Hold a media asset, or let it go: it is in no listing and no search record, and its file of ours does not load.

    Raises NotFound."""
    media = work.lock(Media, media_id, archived_too=True)
    change = decide(media.held)
    if (change.kind is None) != (media.held is None):
        hold_file(work, media.url, held=change.kind is not None)
        work.emit(MEDIA_HELD, media.id, {"id": media.id})
    work.change(media, held=change.kind)
    return []
