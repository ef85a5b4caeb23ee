"""What `flask doctor` asks of the watchlists: every itemCount is what a recount finds (decision 35)."""
from app.ops.checks import MOST_NAMED, agreement
from blueprints.marketplace.watchlist_cart.queries import items_of_no_list, miscounted_lists


def check_watchlists() -> tuple[str, str]:
    """Return what `flask doctor` says: ok or fail, and a sentence."""
    wrong = [f"list {list_id} says {said} and has {found}"
             for list_id, said, found in miscounted_lists(MOST_NAMED + 1)]
    wrong += [f"item {item_id} is in a list that is gone" for item_id in items_of_no_list(MOST_NAMED + 1)]
    return agreement(wrong, "every list counts what is in it")
