"""Who trades over a listing: whoever acts, and its seller, whose accounts are shared before the listing is locked."""
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from app.data.reads.prepared import among, is_among
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.product_listing.models import Product
from blueprints.platform.auth.rules import Standing
from blueprints.platform.people.commands import share_traders


def share_parties(work: UnitOfWork, product_ids: Collection[str],
                  trader_id: str | None = None) -> dict[str, Standing]:
    """Return id → standing of the actor (or of the trader for whom staff act) and of the sellers of these listings,
    withdrawn ones too, at least one.

    They stay so until the transaction ends: who suspends one of them was before, or waits (moderation.md, Locks)."""
    values = among(product_ids)
    return share_traders(work, _sellers(len(values)), values, trader_id)


@cache  # every bid asks it
def _sellers(count: int) -> Select[Any]:
    return select(Product.seller_id).where(is_among(Product.id, count))
