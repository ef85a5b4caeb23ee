"""The one effect of the marketplace when staff suspend or ban somebody, and its undo (moderation.md M-5, M-6, M-9).

Bids, offers and orders are ended together, because all listings are locked before any of them, in their order."""
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.data.moderated_kinds import Done, PersonEffect, Sides
from app.data.unit_of_work import UnitOfWork
from blueprints.marketplace.auction_offer.person_acts import (
    auctions_bid_on,
    auctions_of,
    lapse_offers,
    lapsed_with,
    put_back_all,
    reopen_offers,
    take_out_all,
)
from blueprints.marketplace.order_management.commands import cancel_unpaid_orders, unpaid_orders_of
from blueprints.marketplace.order_management.models import OrderItem
from blueprints.marketplace.product_listing.queries import known_product_ids
from blueprints.marketplace.product_listing.stock import lock_each


def lock_dealings(work: UnitOfWork, people: Collection[str], things: Collection[tuple[str, str]],
                  act_ids: Collection[str], done: Done) -> None:
    """Lock the listings on which these people have bids or unpaid orders, on which these acts ended bids or offers, and
    those named, in order of their ids."""
    named = known_product_ids(entity_id for entity_type, entity_id in things if entity_type == "PRODUCT")
    lapsed = [product_id for person_id in people for product_id in lapsed_with(work, person_id, act_ids)]
    lock_each(work, [*_listings_of(work, people), *auctions_of(work, done.get("bids", {})), *lapsed, *named])


def end_dealings(work: UnitOfWork, person_id: str, sides: Sides, act_id: str) -> dict[str, dict[str, Any]]:
    """Let the person's open offers lapse; of a banned one also take out the standing bids and cancel unpaid orders.

    Returns what the undo must know. The person's listings follow from the account, and nothing is written of them."""
    stock = lock_each(work, _listings_of(work, [person_id])) if sides.bans else {}
    lapse_offers(work, person_id, sides, act_id)
    if not sides.bans:
        return {}
    bids = take_out_all(work, person_id, auctions_bid_on(work, [person_id]))
    orders = cancel_unpaid_orders(work, person_id, stock)
    return {"bids": bids, "orders": dict.fromkeys(orders, True)}


def resume_dealings(work: UnitOfWork, person_id: str, sides: Sides, act_ids: Collection[str], done: Done) -> list[str]:
    """Bring back what these acts had ended and what can come back; returns sentences for the rest."""
    bids, orders = (done.get("bids", {}), done.get("orders", {})) if sides.bans else ({}, {})
    lock_each(work, [*auctions_of(work, bids), *lapsed_with(work, person_id, act_ids)])
    lost = reopen_offers(work, person_id, act_ids)
    lost += put_back_all(work, bids)
    return [*lost, f"{len(orders)} unpaid order(s) stay cancelled"] if orders else lost


def _listings_of(work: UnitOfWork, people: Collection[str]) -> list[str]:
    orders = unpaid_orders_of(work, people)
    ordered = work.rows(select(OrderItem.product_id).where(OrderItem.order_id.in_(orders)))
    return [*auctions_bid_on(work, people), *(row.product_id for row in ordered)]


DEALINGS = PersonEffect("marketplace", "dealings", lock_dealings, end_dealings, resume_dealings,
                        scopes=frozenset({"SELLING", "BUYING"}))
