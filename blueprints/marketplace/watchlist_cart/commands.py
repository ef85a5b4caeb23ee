"""The writes of watchlists: folders, and what is watched in them (rules-marketplace §10.3).

Folders are locked before items (app/data/lock_order.py): a folder's lock decides over its `itemCount`."""
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from app.actor import Actor
from app.clock import now
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import DuplicateRecord, NotFound, RuleViolated
from app.identity.access import require_self
from app.plain_text import identifier_key
from blueprints.marketplace.product_listing.watched import WatchedListing, watched_listings
from blueprints.marketplace.watchlist_cart import rules
from blueprints.marketplace.watchlist_cart.models import IN_DEFAULT, IN_FOLDER, WatchlistItem, WatchlistList
from blueprints.platform.people.queries import refuse_inactive

Folders = dict[str, WatchlistList]
_TRIES = 3


def create_folder(actor: Actor, *, name: str, id: str | None = None) -> WatchlistList:
    """Make a folder; raises RuleViolated for the reserved name, DuplicateRecord for one that the actor has already."""
    name_key = identifier_key(name)
    if rules.is_reserved(name_key):
        raise RuleViolated("ReservedName", "The default list is there already; choose another name")
    with unit_of_work(actor) as work:
        refuse_inactive(actor)
        folder = work.insert(WatchlistList(id=id, name=name, name_key=name_key, user_id=actor.user_id, item_count=0))
        work.commit()
    return folder


def delete_folder(actor: Actor, list_id: str) -> WatchlistList:
    """Delete a folder; what is in it goes to the default list, or away where that has it already (171, WC4).

    Raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        folder = work.lock(WatchlistList, list_id)
        require_self(actor, folder.user_id)
        _move_all_to_default(work, folder)
        work.change(folder, item_count=0)
        work.archive(folder)
        work.commit()
    return folder


def watch(actor: Actor, *, product_id: str, added_at: datetime, list_id: str | None = None,
          id: str | None = None) -> WatchlistItem:
    """Watch a listing, in the default list or in a folder of one's own.

    Raises NotFound (listing, folder), DuplicateRecord, RuleViolated (ListFull)."""
    with unit_of_work(actor) as work:
        folders = lock_folders(work, str(actor.user_id), [list_id])
        refuse_unknown_folder(folders, list_id)
        item = insert_watched(work, str(actor.user_id), listing_to_add(actor, product_id), folders, list_id,
                              added_at=added_at, id=id)
        work.commit()
    return item


def move_item(actor: Actor, item_id: str, list_id: str | None) -> WatchlistItem:
    """Move a watched listing to another list of its owner; None is the default list.

    Raises NotFound, Forbidden, DuplicateRecord (the product is there already), RuleViolated (ListFull)."""
    with unit_of_work(actor) as work:
        item, folders = _lock_item(work, actor, item_id, list_id)
        refuse_unknown_folder(folders, list_id)
        put_into(work, item, folders, list_id)
        work.commit()
    return item


def remove_item(actor: Actor, item_id: str) -> WatchlistItem:
    """Watch a listing no longer; raises NotFound, Forbidden."""
    with unit_of_work(actor) as work:
        item, folders = _lock_item(work, actor, item_id)
        take_out(work, item, folders)
        work.commit()
    return item


def listing_to_add(actor: Actor, product_id: str) -> WatchedListing:
    """Return a listing that the actor may watch or put into the cart; raises NotFound, Forbidden (decision 41)."""
    refuse_inactive(actor)
    return refuse_hidden(watched_listings([product_id]).get(product_id))


def refuse_hidden(listing: WatchedListing | None) -> WatchedListing:
    """Return the listing if everybody sees it; raises NotFound."""
    if listing is None or not listing.is_live:
        raise NotFound("Product not found")
    return listing


def lock_folders(work: UnitOfWork, user_id: str, list_ids: Iterable[str | None]) -> Folders:
    """Return id → folder of those among the ids that are this user's and live, locked in the order of their ids."""
    wanted = {list_id for list_id in list_ids if list_id is not None}
    if not wanted:
        return {}
    query = select(WatchlistList).where(WatchlistList.id.in_(wanted), WatchlistList.user_id == user_id,
                                        WatchlistList.is_active.is_(True)).order_by(WatchlistList.id)
    return {folder.id: folder for folder in work.all(query, lock=True)}


def refuse_unknown_folder(folders: Folders, list_id: str | None) -> None:
    """Raise NotFound for a folder that is gone or somebody else's."""
    if list_id is not None and list_id not in folders:
        raise NotFound("List not found")


def refuse_moved(item: WatchlistItem, folders: Folders) -> None:
    """Refuse an item that somebody moved to a folder that is not locked here; raises RuleViolated."""
    if item.list_id is not None and item.list_id not in folders:
        raise RuleViolated("ConcurrentChange", "The item was moved just now; try again")


def insert_watched(work: UnitOfWork, user_id: str, listing: WatchedListing, folders: Folders, list_id: str | None, *,
                   added_at: datetime | None = None, id: str | None = None) -> WatchlistItem:
    """Put a listing into a list whose folder is locked; what its watcher knows of it already, he need not be told."""
    _count(folders, work, list_id, 1)
    known = work.find(WatchlistItem, WatchlistItem.user_id == user_id, WatchlistItem.product_id == listing.id,
                      WatchlistItem.is_active.is_(True))
    item = WatchlistItem(id=id, user_id=user_id, product_id=listing.id, list_id=list_id, added_at=added_at or now(),
                         lowest_price=listing.price, price_currency=listing.currency)
    if known is not None:
        item.lowest_price, item.price_currency = known.lowest_price, known.price_currency
        item.noticed_day, item.noticed_hour = known.noticed_day, known.noticed_hour
        item.noticed_sold = known.noticed_sold
    return work.insert(item)


def put_into(work: UnitOfWork, item: WatchlistItem, folders: Folders, list_id: str | None) -> None:
    """Move a locked item between locked folders; the unique index says whether its product is there already."""
    if item.list_id == list_id:
        return
    _count(folders, work, item.list_id, -1)
    _count(folders, work, list_id, 1)
    work.change(item, list_id=list_id)
    work.flush()


def take_out(work: UnitOfWork, item: WatchlistItem, folders: Folders) -> None:
    """Archive a locked item of a locked folder."""
    _count(folders, work, item.list_id, -1)
    work.archive(item)


def _lock_item(work: UnitOfWork, actor: Actor, item_id: str, *also: str | None) -> tuple[WatchlistItem, Folders]:
    """Return an item of the actor's, locked behind its folder and those named in `also`."""
    seen = work.get(WatchlistItem, item_id)
    require_self(actor, seen.user_id)
    folders = lock_folders(work, seen.user_id, [seen.list_id, *also])
    item = work.lock(WatchlistItem, item_id)
    refuse_moved(item, folders)
    return item, folders


def _count(folders: Folders, work: UnitOfWork, list_id: str | None, by: int) -> None:
    """Let a folder's count follow; the default list has none. Raises RuleViolated (ListFull)."""
    if list_id is None:
        return
    folder = folders[list_id]
    if by > 0 and folder.item_count + by > rules.ITEMS_PER_LIST:
        raise RuleViolated("ListFull", f"A list holds at most {rules.ITEMS_PER_LIST} items")
    work.change(folder, item_count=folder.item_count + by)


def count_anew(work: UnitOfWork, list_id: str) -> None:
    """Let a folder's count be that of its items, behind its lock."""
    folder = work.lock(WatchlistList, list_id)
    [found] = work.rows(select(func.count().label("items")).select_from(WatchlistItem).where(
        IN_FOLDER, WatchlistItem.list_id == list_id))
    work.change(folder, item_count=found.items)


def clear_deleted(work: UnitOfWork, list_id: str) -> None:
    """Move what still stands in a deleted folder to the default list, as its deletion does."""
    folder = work.lock(WatchlistList, list_id, archived_too=True)
    if not folder.is_active:
        _move_all_to_default(work, folder)


def _move_all_to_default(work: UnitOfWork, folder: WatchlistList) -> None:
    """Move a folder's items; should one of their products come into the default list just then, look again."""
    for last in (False,) * (_TRIES - 1) + (True,):
        try:
            with work.attempt():
                _move_what_is_new(work, folder)
            return
        except DuplicateRecord:
            if last:
                raise


def _move_what_is_new(work: UnitOfWork, folder: WatchlistList) -> None:
    items = work.all(select(WatchlistItem).where(
        WatchlistItem.list_id == folder.id, WatchlistItem.is_active.is_(True)).order_by(WatchlistItem.id), lock=True)
    there = {row.product_id for row in work.rows(select(WatchlistItem.product_id).where(
        WatchlistItem.user_id == folder.user_id, IN_DEFAULT))} if items else set()
    for item in items:
        if item.product_id in there:
            work.archive(item)
        else:
            work.change(item, list_id=None)
