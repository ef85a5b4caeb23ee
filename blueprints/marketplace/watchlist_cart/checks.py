"""What `flask doctor` asks of the watchlists: every itemCount is what a recount finds (decision 35)."""
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.marketplace.watchlist_cart.commands import clear_deleted, count_anew
from blueprints.marketplace.watchlist_cart.queries import deleted_lists_with_items, items_of_no_list, miscounted_lists


def check_watchlists() -> tuple[str, str]:
    """Return what `flask doctor` says: ok or fail, and a sentence."""
    wrong = [f"list {list_id} says {said} and has {found}"
             for list_id, said, found in miscounted_lists(MOST_NAMED + 1)]
    wrong += [f"item {item_id} is in a list that is gone" for item_id in items_of_no_list(MOST_NAMED + 1)]
    return agreement(wrong, "every list counts what is in it")


def mend_watchlists(operator: str) -> int:
    """Clear deleted lists of what still stands in them, and count the items anew of lists that say another number."""
    cleared = mend_each("marketplace", operator, "items of a deleted list", deleted_lists_with_items(MOST_MENDED),
                        clear_deleted)
    return cleared + mend_each("marketplace", operator, "itemCount of a list", [
        list_id for list_id, _, _ in miscounted_lists(MOST_MENDED)], count_anew)
