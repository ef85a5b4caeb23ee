"""What watchlistCart decides without a database: names, bounds, what is shown, when watchers are told (§10.3)."""
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

LARGEST_QUANTITY = 100_000
ITEMS_PER_LIST = 1000
"""How many listings a folder holds: its deletion moves them all in one transaction."""
ROWS_AT_ONCE = 100

_RESERVED_KEY = "default"
_CHOICES = ("condition", "type")
_STILL_SHOWN = ("title", "type", "type_idx", "currency")

# What `product` shows, literal from the contract (documents 172 and 173, WC11).
JOIN_A = ("currency", "description", "condition", "price", "title", "type", "mediaAssetIds")
JOIN_B = ("currency", "description", "condition", "endPrice", "price", "title", "startPrice", "type", "shipping")
JOIN_BOTH = tuple(dict.fromkeys((*JOIN_A, *JOIN_B)))

PRICE_FELL, ENDS_IN_A_DAY, ENDS_IN_AN_HOUR, SOLD = "watched-price", "watched-day", "watched-hour", "watched-sold"
BEFORE_THE_END = {ENDS_IN_A_DAY: timedelta(hours=24), ENDS_IN_AN_HOUR: timedelta(hours=1)}


def is_reserved(name_key: str) -> bool:
    """Return whether a folded name is the system's: the default list is virtual, and nobody else may be called so."""
    return name_key == _RESERVED_KEY


def product_shown(facts: Mapping[str, Any], names: Sequence[str], *, is_live: bool,
                  is_available: bool) -> dict[str, Any]:
    """Return the `product` of a row: these facts of its listing, and whether it can be had.

    Of a listing that is withdrawn or hidden only its title, type and currency are shown still."""
    shown = {}
    for name in names:
        for part in (name, f"{name}_idx") if name in _CHOICES else (name,):
            shown[part] = facts[part] if is_live or part in _STILL_SHOWN else None
    return shown | {"available": is_available}


def reminders(ends: datetime | None, now: datetime) -> dict[str, datetime | None]:
    """Return when the watchers of an auction are reminded of its end, by kind of reminder; None: not (any more).

    Who watches an auction that ends sooner than that was never to be reminded."""
    moments = {kind: ends - before if ends is not None else None for kind, before in BEFORE_THE_END.items()}
    return {kind: moment if moment is not None and ends is not None and now < ends else None
            for kind, moment in moments.items()}


def is_reminder_due(kind: str, ends: datetime | None, now: datetime) -> bool:
    """Return whether the end of an auction is as near now as this reminder says."""
    return ends is not None and ends - BEFORE_THE_END[kind] <= now < ends


def price_may_have_fallen(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether these changed values of a listing may be news to those who watch its price."""
    if "currency" in new:
        return True
    return "price" in new and new["price"] is not None and (old.get("price") is None or new["price"] < old["price"])


def left_in_cart(quantity: int, ordered: int) -> int:
    """Return what stays of a cart row once `ordered` units of its listing are paid (§7.3, OR-3)."""
    return max(0, quantity - ordered)
