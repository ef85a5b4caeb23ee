"""Moving and removing many rows of watchlist and cart at once: one transaction, and a word on each row (027).

A row that cannot be moved stays as it is and says why; the others go on."""
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import ApiError, NotFound
from blueprints.marketplace.product_listing.watched import WatchedListing, watched_listings
from blueprints.marketplace.watchlist_cart.cart_commands import insert_into_cart
from blueprints.marketplace.watchlist_cart.commands import (
    Folders,
    insert_watched,
    lock_folders,
    put_into,
    refuse_hidden,
    refuse_moved,
    refuse_unknown_folder,
    take_out,
)
from blueprints.marketplace.watchlist_cart.models import CartItem, WatchlistItem
from blueprints.platform.people.queries import refuse_inactive

Row = WatchlistItem | CartItem


@dataclass(frozen=True)
class Aim:
    """Where rows go, with what is locked for it and known of their listings."""

    list_id: str | None
    folders: Folders
    listings: Mapping[str, WatchedListing]

    def listing(self, row: Row) -> WatchedListing:
        """Return the listing of a row; raises NotFound where it is withdrawn or hidden."""
        return refuse_hidden(self.listings.get(row.product_id))


def move_many(actor: Actor, *, action: str, watchlist_item_ids: Sequence[str], cart_item_ids: Sequence[str],
              list_id: str | None = None) -> Wire:
    """Move rows of the actor's to a list or to the cart, or remove them; returns what became of each.

    Raises NotFound for the list, Forbidden (decision 41). A row that is refused by itself stays as it was."""
    with unit_of_work(actor) as work:
        refuse_inactive(actor)
        user_id = str(actor.user_id)
        folders = lock_folders(work, user_id, [list_id, *_lists_of(work, user_id, watchlist_item_ids)])
        refuse_unknown_folder(folders, list_id)
        rows = _lock_rows(work, WatchlistItem, user_id, watchlist_item_ids)
        in_cart = _lock_rows(work, CartItem, user_id, cart_item_ids)
        aim = Aim(list_id, folders, watched_listings(row.product_id for row in (*rows.values(), *in_cart.values())))
        outcomes = [*_outcomes(work, aim, action, "watchlistItem", watchlist_item_ids, rows),
                    *_outcomes(work, aim, action, "cartItem", cart_item_ids, in_cart)]
        work.commit()
    return {"done": sum(outcome["errCode"] is None for outcome in outcomes), "items": outcomes}


def _lock_rows(work: UnitOfWork, model: type[Any], user_id: str, ids: Sequence[str]) -> dict[str, Row]:
    """Return id → row of those among the ids that are this user's, locked in the order of their ids."""
    if not ids:
        return {}
    query = select(model).where(model.id.in_(ids), model.user_id == user_id, model.is_active.is_(True))
    return {row.id: row for row in work.all(query.order_by(model.id), lock=True)}


def _lists_of(work: UnitOfWork, user_id: str, item_ids: Sequence[str]) -> list[str | None]:
    if not item_ids:
        return []
    rows = work.rows(select(WatchlistItem.list_id).distinct().where(
        WatchlistItem.id.in_(item_ids), WatchlistItem.user_id == user_id, WatchlistItem.is_active.is_(True)))
    return [row.list_id for row in rows]


def _outcomes(work: UnitOfWork, aim: Aim, action: str, kind: str, ids: Sequence[str],
              rows: Mapping[str, Row]) -> Iterator[Wire]:
    for row_id in ids:
        said: Wire = {"id": row_id, "object": kind, "movedTo": None, "errCode": None, "message": None}
        try:
            with work.attempt():
                row = rows.get(row_id)
                if row is None:
                    raise NotFound
                place = _STEPS[kind, action](work, row, aim)
            said["movedTo"] = place
        except ApiError as refused:
            said |= {"errCode": refused.err_code, "message": refused.message}
        yield said


def _to_list(work: UnitOfWork, row: WatchlistItem, aim: Aim) -> Wire:
    refuse_moved(row, aim.folders)
    put_into(work, row, aim.folders, aim.list_id)
    return _place("watchlistItem", row)


def _from_list_to_cart(work: UnitOfWork, row: WatchlistItem, aim: Aim) -> Wire:
    refuse_moved(row, aim.folders)
    moved = insert_into_cart(work, row.user_id, aim.listing(row))
    take_out(work, row, aim.folders)
    return _place("cartItem", moved)


def _from_cart_to_list(work: UnitOfWork, row: CartItem, aim: Aim) -> Wire:
    moved = insert_watched(work, row.user_id, aim.listing(row), aim.folders, aim.list_id)
    work.archive(row)
    return _place("watchlistItem", moved)


def _stay_in_cart(work: UnitOfWork, row: CartItem, aim: Aim) -> Wire:
    return _place("cartItem", row)


def _remove_watched(work: UnitOfWork, row: WatchlistItem, aim: Aim) -> None:
    refuse_moved(row, aim.folders)
    take_out(work, row, aim.folders)


def _remove_from_cart(work: UnitOfWork, row: CartItem, aim: Aim) -> None:
    work.archive(row)


def _place(kind: str, row: Row) -> Wire:
    return {"object": kind, "id": row.id}


_STEPS: dict[tuple[str, str], Callable[[UnitOfWork, Any, Aim], Wire | None]] = {
    ("watchlistItem", "MOVE_TO_LIST"): _to_list,
    ("watchlistItem", "MOVE_TO_CART"): _from_list_to_cart,
    ("watchlistItem", "REMOVE"): _remove_watched,
    ("cartItem", "MOVE_TO_LIST"): _from_cart_to_list,
    ("cartItem", "MOVE_TO_CART"): _stay_in_cart,
    ("cartItem", "REMOVE"): _remove_from_cart,
}
